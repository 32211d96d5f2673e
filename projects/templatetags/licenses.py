"""Licences as the pages' chips say them."""

from django import template

from projects.licenses import in_short

register = template.Library()
register.filter("license_in_short", in_short)

"""GPU time on screens: one place that scales the unit."""

from django import template

from values.gpu_time import format_gpu_time

register = template.Library()


@register.filter
def gpu_time(microseconds: int | None) -> str:
    """`1.5 GPU-h` from integer microseconds."""
    return format_gpu_time(microseconds or 0)

"""Which projects a list shows."""

from projects.models import Project


def on_cards(cards):
    """The projects of these cards, in order."""
    return [Project.objects.get(slug=card.address.split("/")[2]) for card in cards]

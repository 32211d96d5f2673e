"""What is refused of addresses that people name."""


class AddressRefused(Exception):
    """The address is none that may be called; the message is a sentence for people."""


class AddressPrivate(AddressRefused):
    """It leads into a private network."""

"""People. One account may back, create and lend machines; reviewing and administering are granted by an admin."""

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _


class AccountManager(UserManager["User"]):
    """Accounts are created and found by mail address."""

    def _create(self, email: str, password: str | None, **fields: Any) -> "User":
        if not email:
            raise ValueError("An account needs a mail address.")
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_user(  # type: ignore[override]  # reason: the base class asks for a user name, which accounts have not
        self, email: str, password: str | None = None, **fields: Any
    ) -> "User":
        """A plain account."""
        return self._create(email, password, **{"is_staff": False, "is_superuser": False, **fields})

    def create_superuser(  # type: ignore[override]  # reason: as above
        self, email: str, password: str | None = None, **fields: Any
    ) -> "User":
        """An admin."""
        return self._create(email, password, **{"is_staff": True, "is_superuser": True, **fields})


class User(AbstractUser):
    """An account: signs in by mail address; `is_staff` marks an admin."""

    username = None  # type: ignore[assignment]  # reason: Django's documented way to drop the field
    email = models.EmailField(_("mail address"), unique=True)
    name = models.CharField(_("public name"), max_length=80, blank=True)
    organization = models.CharField(_("organization"), max_length=120, blank=True)
    is_reviewer = models.BooleanField(_("reviews projects"), default=False)

    # Empty: never chosen; the site's own language then.
    language = models.CharField(_("language"), max_length=8, blank=True, default="")

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects: ClassVar[AccountManager] = AccountManager()

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_ci_unique")]

    def __str__(self) -> str:
        return self.public_name

    @property
    def public_name(self) -> str:
        """What others see; never the mail address."""
        return self.name or f"Member {self.pk}"

    @property
    def is_admin(self) -> bool:
        """Whether the account may see funding dashboards and act on money."""
        return self.is_active and self.is_staff

"""The database says the same of memory classes as Python does."""

import pytest

from compute_pledges.catalog import CATALOG, GIB
from compute_pledges.matching.class_pledges import with_memory_class
from compute_pledges.matching.memory import CLASSES, class_of, memory_of
from compute_pledges.models import ComputePledge, Device
from tests.factories.people import make_project
from tests.factories.pledges import machine, promise

pytestmark = pytest.mark.django_db
SAID = [*CLASSES, *(top + 1 for top in CLASSES), 1, GIB * 500, 0, -5, 1.5, "many", None, True, 10**30]


@pytest.mark.parametrize("said", SAID)
def test_what_a_machine_says_is_in_the_class_of_its_memory(said):
    device = machine()
    Device.objects.filter(pk=device.pk).update(reported_hardware={} if said is None else {"memory_bytes": said})
    promise(make_project(), 1, device=device)
    device.refresh_from_db()
    (found,) = with_memory_class(ComputePledge.objects.all())
    assert (found.memory, found.memory_class) == (memory_of(device), class_of(memory_of(device)))


@pytest.mark.parametrize("slug", sorted(CATALOG))
def test_a_promised_model_is_in_the_class_of_its_memory(slug):
    pledge = promise(make_project(), 1)
    ComputePledge.objects.filter(pk=pledge.pk).update(device=None, catalog_slug=slug)
    (found,) = with_memory_class(ComputePledge.objects.filter(pk=pledge.pk))
    assert found.memory_class == class_of(CATALOG[slug].memory_bytes)

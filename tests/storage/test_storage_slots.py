import random
import time

import pytest

from location_cloud.errors import BadInput, Unprocessable
from location_cloud.storage import slots as module
from location_cloud.storage.slots import create_slots, find_slots
from tests.storage.slot_processes import writers

READS = 10_000
KILLS = 40


@pytest.fixture
def slots(tmp_path):
    return create_slots(tmp_path / "slots", {"a": 5, "b": 2000})


def publish(slots, number):
    with slots.writing(number, float(number)) as arrays:
        for array in arrays.values():
            array[:] = number


def content(moment):
    """The one number that every array holds and that names the version. Fails on a mixture."""
    numbers = {moment.version, int(2 * moment.as_of)} | {
        int(n) for a in moment.arrays.values() for n in (a.min(), a.max())
    }
    if len(numbers) != 1:
        raise ValueError(f"a mixture: {sorted(numbers)}")
    return moment.version


def test_nothing_is_read_before_the_first_publication(slots):
    assert slots.current() is None
    assert slots.read(content) is None
    assert slots.copy() is None


def test_a_reader_sees_the_newest_publication(slots):
    reader = find_slots(slots.folder)
    for number in range(1, 6):
        publish(slots, number)
        assert reader.read(lambda moment: (moment.version, moment.as_of, moment.arrays["b"].max())) == (
            number,
            float(number),
            number,
        )


def test_a_failed_publication_is_never_seen(slots):
    publish(slots, 1)
    with pytest.raises(ZeroDivisionError), slots.writing(2, 2.0) as arrays:
        arrays["a"][:] = 1 // 0
    assert slots.current().version == 1
    publish(slots, 3)
    assert slots.read(lambda moment: moment.arrays["a"][0]) == 3


def test_the_arrays_of_a_reader_cannot_be_written(slots):
    publish(slots, 1)
    with pytest.raises(ValueError, match="read-only"):
        find_slots(slots.folder).current().arrays["a"][0] = 2


def test_a_computation_overtaken_twice_is_made_on_a_copy(slots):
    publish(slots, 1)
    seen = []

    def compute(moment):
        if len(seen) < 2:
            publish(slots, moment.version + 1), publish(slots, moment.version + 2)
        seen.append(moment.version)
        return int(moment.arrays["b"].sum()) // 2000

    assert slots.read(compute) == 5
    assert seen == [1, 3, 5]


def test_an_error_from_changed_arrays_is_forgotten(slots):
    publish(slots, 1)

    def compute(moment):
        if moment.version == 1:
            publish(slots, 2), publish(slots, 3)
            raise Unprocessable("no way")
        return moment.version

    assert slots.read(compute) == 3


def test_an_error_from_unchanged_arrays_is_raised(slots):
    publish(slots, 1)
    with pytest.raises(Unprocessable):
        slots.read(lambda moment: (_ for _ in ()).throw(Unprocessable("no way")))


def test_a_copy_stays_as_it_was(slots):
    publish(slots, 1)
    copied = slots.copy()
    publish(slots, 2), publish(slots, 3)
    assert (copied.arrays["b"] == 1).all()


def test_a_second_writer_is_refused(slots):
    other = create_slots(slots.folder, slots.lengths)
    with slots.writing(1, 1.0), pytest.raises(BadInput, match="another process"), other.writing(2, 2.0):
        pass


def test_slots_of_another_layout_are_made_anew_and_readers_can_tell(slots):
    publish(slots, 1)
    reader = find_slots(slots.folder)
    assert not reader.is_removed()
    assert create_slots(slots.folder, {"a": 7}).current() is None
    assert reader.is_removed()
    assert reader.current().version == 1


def test_a_new_writer_goes_on_where_the_old_one_stopped(slots):
    publish(slots, 1)
    again = create_slots(slots.folder, slots.lengths)
    assert again.current().version == 1
    publish(again, 2)
    assert slots.current().version == 2


def test_slots_from_before_the_machine_started_are_not_read(slots, monkeypatch, tmp_path):
    publish(slots, 1)
    (tmp_path / "boot").write_text("another")
    monkeypatch.setattr(module, "BOOT_ID", tmp_path / "boot")
    assert find_slots(slots.folder) is None
    assert create_slots(slots.folder, slots.lengths).current() is None


@pytest.mark.parametrize("file", ["layout.json", "header", "slot1"])
def test_damaged_slots_are_as_if_there_were_none(slots, file):
    (slots.folder / file).write_text("")
    assert find_slots(slots.folder) is None
    assert create_slots(slots.folder, slots.lengths).current() is None


def test_no_mixture_is_ever_read_while_another_process_publishes_without_a_pause(tmp_path):
    with writers(tmp_path / "slots") as started, started.one():
        reader, seen = find_slots(tmp_path / "slots"), []
        end_s = time.monotonic() + 60
        while (len(seen) < READS or len(set(seen)) < 20) and time.monotonic() < end_s:
            seen += [reader.read(content) for _ in range(READS // 100)]
    assert seen == sorted(seen)
    assert len(seen) >= READS
    assert len(set(seen)) >= 20, "the writer stood still"


def test_a_killed_writer_leaves_the_current_slot_whole_and_the_next_one_goes_on(tmp_path):
    generator = random.Random(7)
    last = 0
    with writers(tmp_path / "slots") as started:
        for _ in range(KILLS):
            with started.one() as reported:
                time.sleep(generator.random() * 0.01)
            now = find_slots(tmp_path / "slots").read(content)
            assert now >= reported[-1] > last
            last = now

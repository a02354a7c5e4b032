"""Memory that questions use again: who has it when."""

import threading

import numpy as np

from routing.scratch import at_desk, borrow, own_desk


def address(name: str = "here", size: int = 1000) -> int:
    return int(borrow(name, size, np.int64).ctypes.data)


def in_a_thread(work):
    found = []
    thread = threading.Thread(target=lambda: found.append(work()))
    thread.start()
    thread.join()
    return found[0]


def test_the_same_memory_is_borrowed_again_and_other_names_have_their_own() -> None:
    assert address() == address(size=900)
    assert address("here") != address("there")


def test_more_is_made_anew_and_the_largest_is_not_kept() -> None:
    assert len(borrow("small", 10, np.uint8)) == 10
    assert len(borrow("small", 10_000, np.uint8)) == 10_000
    borrow("large", 10_000_000, np.uint8)
    assert "large" not in own_desk()


def test_threads_do_not_see_each_other_s_memory() -> None:
    mine = address()
    assert in_a_thread(address) != mine


def test_a_desk_that_is_left_is_taken_by_the_next_thread() -> None:
    def sit() -> int:
        with at_desk():
            return address("desk")

    assert in_a_thread(sit) == in_a_thread(sit)


def test_two_threads_never_sit_at_one_desk() -> None:
    met = threading.Barrier(2, timeout=10)
    found = []

    def sit() -> None:
        with at_desk():
            found.append(id(own_desk()))
            met.wait()

    threads = [threading.Thread(target=sit) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 2


def test_sitting_down_again_keeps_the_desk_and_leaving_gives_the_own_one_back() -> None:
    own = own_desk()
    with at_desk():
        outer = own_desk()
        with at_desk():
            assert own_desk() is outer
        assert own_desk() is outer
    assert own_desk() is own


def test_a_desk_is_left_when_something_fails() -> None:
    own = own_desk()
    try:
        with at_desk():
            raise ValueError
    except ValueError:
        pass
    assert own_desk() is own

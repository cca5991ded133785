"""What the system says about memory: read from files made up here, and from those of this machine."""

import pytest

from icsim.free_memory import available_bytes, held_bytes

pytestmark = pytest.mark.unit

GB = 10**9


@pytest.fixture
def system(tmp_path):
    """A machine of which 8 × 10⁹ bytes are available, and a way to put this process into a control group."""
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/meminfo").write_text("MemTotal:  16000000 kB\nMemAvailable:  7812500 kB\nMemFree:  1000 kB\n")
    return tmp_path


def group(system, line, folder, **files):
    (system / "proc/self/cgroup").write_text(f"3:cpu:/elsewhere\n{line}\n")
    place = system / "groups" / folder
    place.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (place / f"memory.{name}").write_text(str(text))


def available(system):
    return available_bytes(system / "proc", system / "groups")


def test_without_a_limit_it_is_what_the_machine_has(system):
    assert available(system) == 8 * GB


def test_a_container_may_use_less_than_the_machine_has(system):
    """What files hold in memory can be given up, so it counts as free."""
    group(system, "0::/job", "job", max=3 * GB, current=2 * GB, stat=f"anon 5\ninactive_file {GB}\nactive_file 7\n")
    assert available(system) == 2 * GB


def test_the_limit_of_a_group_around_ours_holds_too(system):
    group(system, "0::/outer/inner", "outer/inner", max="max", current=GB)
    group(system, "0::/outer/inner", "outer", max=3 * GB, current=GB)
    assert available(system) == 2 * GB


def test_seen_from_inside_a_container_its_limit_is_at_the_root(system):
    group(system, "0::/", "", max=2 * GB, current=GB)
    assert available(system) == GB


def test_control_groups_of_the_first_version(system):
    group(system, "4:memory:/job", "memory/job", limit_in_bytes=5 * GB, usage_in_bytes=4 * GB, stat="total_inactive_file 0")
    assert available(system) == GB


def test_more_than_the_limit_is_none_left(system):
    group(system, "0::/job", "job", max=GB, current=2 * GB)
    assert available(system) == 0


@pytest.mark.parametrize("text", [None, "", "MemAvailable: much\n", "MemTotal: 7 kB\n"])
def test_a_system_that_does_not_say_is_not_guessed_at(system, text):
    if text is None:
        (system / "proc/meminfo").unlink()
    else:
        (system / "proc/meminfo").write_text(text)
    assert available(system) is None
    assert held_bytes(system / "proc") == 0


def test_what_this_process_holds_grows_with_what_it_holds():
    before = held_bytes()
    if before == 0:  # a system without /proc
        assert available_bytes() is None
        return
    block = bytearray(b"x" * 400_000_000)  # more than an earlier run may have left free and kept
    assert 250e6 < held_bytes() - before < 600e6
    del block

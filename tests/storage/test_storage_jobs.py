from datetime import UTC, datetime, timedelta

from location_cloud.storage.jobs import list_runs, record_error, record_ok, record_started

NOW = datetime(2026, 11, 22, 17, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def test_age_counts_from_the_last_success(live):
    record_started(live, "weather", NOW)
    record_ok(live, "weather", NOW + SECOND)
    (run,) = list_runs(live, NOW + 31 * SECOND)
    assert (run.last_started, run.last_ok, run.age_s) == (NOW, NOW + SECOND, 30)


def test_failure_keeps_the_last_success(live):
    record_ok(live, "weather", NOW)
    record_error(live, "weather", NOW + SECOND, "no route to host")
    (run,) = list_runs(live, NOW + SECOND)
    assert (run.last_ok, run.last_failed, run.last_error) == (NOW, NOW + SECOND, "no route to host")


def test_job_that_never_succeeded_has_no_age(live):
    record_started(live, "weather", NOW)
    (run,) = list_runs(live, NOW)
    assert (run.age_s, run.last_ok, run.last_error) == (None, None, "")


def test_clock_set_back_gives_no_negative_age(live):
    record_ok(live, "weather", NOW)
    assert list_runs(live, NOW - SECOND)[0].age_s == 0


def test_jobs_are_listed_by_name(live):
    for name in ("b", "c", "a"):
        record_started(live, name, NOW)
    assert [run.name for run in list_runs(live, NOW)] == ["a", "b", "c"]


def test_heartbeat_does_not_age_cached_answers(live):
    before = live.version()
    record_ok(live, "heartbeat", NOW)
    assert live.version() == before

"""No call for one client carries another's login, ids, values or conversions."""

from __future__ import annotations

import secrets

from proof.isolation import Agency, Storm, alone, values_of


def test_clients_at_once_get_what_they_get_alone(tmp_path):
    seed = secrets.randbelow(1_000_000)

    with Agency(tmp_path / "together", 3) as agency:
        storm = Storm(agency, rounds=4, seed=seed)
        storm.run()
        values = values_of(agency)

    assert (seed, storm.witness.leaks) == (seed, [])
    assert len(storm.witness.heard) == 3 * len(
        {"ga4", "ga4_admin", "google_ads", "data_manager"}
    )
    assert storm.received() == {key: sorted(ids) for key, ids in storm.sent.items()}
    assert (seed, values) == (seed, alone(tmp_path / "alone", 3, storm.path))

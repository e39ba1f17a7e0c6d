from __future__ import annotations

import pytest

from convbridge.value import UserPath, markov_weights, shapley_weights

PATHS = (
    UserPath(events=("view", "cart"), users=10, converted=5),
    UserPath(events=("view",), users=90, converted=1),
    UserPath(events=("chat", "cart"), users=4, converted=4),
    UserPath(events=("view", "view"), users=3),
    UserPath(events=(), users=50, converted=2),
)


@pytest.mark.parametrize("share", [markov_weights, shapley_weights])
def test_weights_add_up_to_one(share):
    found = share(PATHS)

    assert sorted(found) == ["cart", "chat", "view"]
    assert sum(found.values()) == pytest.approx(1.0)
    assert all(w >= 0 for w in found.values())


def test_markov_removal_of_the_only_way_takes_everything():
    found = markov_weights([UserPath(events=("view", "cart"), users=9, converted=3)])

    assert found == {"cart": pytest.approx(0.5), "view": pytest.approx(0.5)}


def test_shapley_shares_a_joint_conversion_evenly():
    found = shapley_weights(
        [
            UserPath(events=("a", "b"), users=1, converted=4),
            UserPath(events=("a",), users=1, converted=2),
        ]
    )

    assert found == {"a": pytest.approx(4 / 6), "b": pytest.approx(2 / 6)}


@pytest.mark.parametrize("share", [markov_weights, shapley_weights])
def test_paths_without_conversions_weigh_nothing(share):
    assert share([UserPath(events=("a",), users=5)]) == {"a": 0.0}


@pytest.mark.parametrize("share", [markov_weights, shapley_weights])
def test_no_paths_give_no_weights(share):
    assert share([]) == {}

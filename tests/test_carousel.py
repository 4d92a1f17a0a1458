"""The constant error carousel is judged by how much of a gradient is left."""

import pytest
from claimed import curve, flows

from lstmbench.claims import carousel
from lstmbench.claims.records import Verdict


@pytest.mark.parametrize(
    ("left", "verdict"),
    [((0.5, 0.7), Verdict.HOLDS), ((0.003, 0.5), Verdict.ONLY_WHEN), ((0.0, 1.2), Verdict.NOT)],
)
def test_up_to_sixty_percent_lost_is_no_more_and_no_less_than_nothing(left, verdict):
    drawn, trained = left
    plain = flows(curve("rnn-tanh", drawn), curve("rnn-tanh", trained, steps=9))

    claim = next(carousel.claims(plain))

    assert claim.verdict is verdict
    assert [each.value for each in claim.findings] == [1 - drawn, 1 - trained]


@pytest.mark.parametrize(
    ("left", "verdict"),
    [((0.9, 1.1), Verdict.HOLDS), ((0.005, 0.74), Verdict.ONLY_WHEN), ((0.1, 3.0), Verdict.NOT)],
)
def test_an_error_flow_is_constant_between_half_and_twice(left, verdict):
    default, open_ = left
    found = flows(curve("lstm", default), curve("lstm", open_, bias=3.0))

    *_, claim = carousel.claims(found)

    assert claim.verdict is verdict
    if verdict is Verdict.ONLY_WHEN:
        assert claim.because == (
            "the network is lstm (forget bias 3, as drawn); it is 0.5 % in lstm (as drawn)"
        )

"""People in order of what they can do, cut into bands: lower and upper 27 %, thirds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from peilian.engine.assessment.psychometrics.values import Floats


def band_weights(standing: Floats, bands: Sequence[tuple[float, float]]) -> Floats:
    """How far each person belongs to each band, 0 to 1; shape bands x people.

    ``bands`` are shares of the people from the weakest up, for example ``(0, 0.27)``. People of equal standing are
    split by fractions, so that neither the order of input nor chance decides who belongs where.
    """
    _values, place, count = np.unique(np.round(standing, 9), return_inverse=True, return_counts=True)
    upto = np.cumsum(count).astype(float)
    since = upto - count
    n = float(len(standing))
    shares = [
        np.clip(np.minimum(upto, high * n) - np.maximum(since, low * n), 0.0, None) / count for low, high in bands
    ]
    return np.array(shares, dtype=float)[:, place]

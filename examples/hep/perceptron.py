"""A small neural network in numpy: features, hidden units, probability. Seeded."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from detector import FloatArray

HIDDEN = 16
EPOCHS = 200
RATE = 0.02
DECAY = 1e-2
"""Weight of the squared weights in the loss."""


@dataclass(frozen=True)
class Perceptron:
    """Inputs of shape (n, features) are scaled by mean and spread, then two dense layers."""

    mean: FloatArray
    spread: FloatArray
    weights: list[FloatArray]
    """Shapes (features, hidden), (hidden), (hidden, 1), (1)."""

    @classmethod
    def trained(cls, inputs: FloatArray, labels: FloatArray, seed: int) -> Self:
        """Minimises the cross entropy by Adam (Kingma and Ba, ICLR 2015) over all rows at once."""
        mean, spread = inputs.mean(axis=0), np.maximum(inputs.std(axis=0), 1e-6)
        scaled = (inputs - mean) / spread
        weights = initial_weights(inputs.shape[1], np.random.default_rng(seed))
        first, second = [np.zeros_like(w) for w in weights], [np.zeros_like(w) for w in weights]
        for step in range(1, EPOCHS + 1):
            for i, slope in enumerate(gradients(weights, scaled, labels)):
                first[i] = 0.9 * first[i] + 0.1 * slope
                second[i] = 0.999 * second[i] + 0.001 * slope**2
                size = np.sqrt(second[i] / (1 - 0.999**step)) + 1e-8
                weights[i] = weights[i] - RATE * first[i] / (1 - 0.9**step) / size
        return cls(mean, spread, weights)

    def probability(self, inputs: FloatArray) -> FloatArray:
        """Shape (n)."""
        _, output = forward(self.weights, (inputs - self.mean) / self.spread)
        return output


def initial_weights(features: int, random: np.random.Generator) -> list[FloatArray]:
    """Normal, with the variance of He et al. (ICCV 2015) for rectified units."""
    return [
        random.normal(0, np.sqrt(2 / features), (features, HIDDEN)),
        np.zeros(HIDDEN),
        random.normal(0, np.sqrt(2 / HIDDEN), (HIDDEN, 1)),
        np.zeros(1),
    ]


def forward(weights: list[FloatArray], scaled: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Hidden units (n, hidden) and probability (n)."""
    hidden = np.maximum(scaled @ weights[0] + weights[1], 0)
    return hidden, (1 / (1 + np.exp(-(hidden @ weights[2] + weights[3]))))[:, 0]


def gradients(
    weights: list[FloatArray], scaled: FloatArray, labels: FloatArray
) -> list[FloatArray]:
    hidden, output = forward(weights, scaled)
    error = ((output - labels) / len(labels))[:, None]
    back = (error @ weights[2].T) * (hidden > 0)
    return [
        scaled.T @ back + DECAY * weights[0],
        back.sum(axis=0),
        hidden.T @ error + DECAY * weights[2],
        error.sum(axis=0),
    ]

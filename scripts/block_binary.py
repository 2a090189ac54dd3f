"""Block-binary secrets for the lattice-estimator.

A block-binary secret has blocks of l bits, in each of which one bit is set or none, all l + 1 cases with the same
probability (Lee, Min, Seo and Song, AsiaCCS 2023). For lattice reduction only the standard deviation of its bits counts.
Attacks that guess do better than against a sparse binary secret, which the estimator supports: the bits of a block depend
on each other, so such attacks guess *whole blocks*. A part of m blocks of which h are not zero has C(m, h) l^h values, and
is such a part with probability C(m, h) l^h / (l+1)^m. Binomials are computed by the gamma function, so that a part need
not end where a block does.

The estimator has its formulas for sparse secrets in a class that attacks recognise by its type. A subclass with the
formulas above replaces it in this process.
"""

import functools
import math

from sage.all import RR, ceil, exp

from estimator import lwe_dual, lwe_guess, lwe_primal
from estimator.nd import SparseTernary


def log_parts(blocks: float, weight: int, block: int) -> float:
    """The logarithm of the number of values of a part of `blocks` blocks, of which `weight` are not zero."""
    choices = math.lgamma(blocks + 1) - math.lgamma(weight + 1) - math.lgamma(blocks - weight + 1)
    return choices + weight * math.log(block)


def log_probability(blocks: float, weight: int, block: int) -> float:
    """The logarithm of the probability that `weight` blocks are not zero."""
    return log_parts(blocks, weight, block) - blocks * math.log(block + 1)


class BlockBinary(SparseTernary):
    """A secret of `n` bits in blocks of `block` bits, of which `weight` are not zero."""

    def __init__(self, weight: int, n: int, block: int) -> None:
        super().__init__(weight, 0, n)
        self.block = block

    def __hash__(self) -> int:
        return hash(("BlockBinary", self.n, self.p, self.block))

    def resize(self, new_n: int) -> "BlockBinary":
        """The same weight in another dimension."""
        return BlockBinary(self.p, new_n, self.block)

    def split_balanced(self, new_n: int, new_hw: int | None = None) -> tuple["BlockBinary", "BlockBinary"]:
        """A part of dimension `new_n` and weight `new_hw`, by default the most likely one, and the rest."""
        weight = self.p * new_n // self.n if new_hw is None else new_hw
        return BlockBinary(weight, new_n, self.block), BlockBinary(self.p - weight, self.n - new_n, self.block)

    def split_probability(self, new_n: int, new_hw: int | None = None) -> float:
        """The probability that the first part of that split has its weight: blocks are independent."""
        weight, blocks = self.split_balanced(new_n, new_hw)[0].p, int(new_n) / self.block
        return RR(math.exp(log_probability(blocks, weight, self.block))) if weight <= blocks else RR(0)

    def support_size(self, fraction: float = 1.0) -> int:
        """The number of secrets, or a fraction of it."""
        blocks = int(self.n) / self.block
        return max(1, ceil(exp(RR(log_parts(blocks, min(self.p, int(blocks)), self.block))) * RR(fraction)))


@functools.cache
def up_to(blocks: float, weight: int, block: int) -> tuple[float, float]:
    """How many values a part has with at most `weight` blocks that are not zero, and the probability of one of them."""
    space, probability = up_to(blocks, weight - 1, block) if weight else (RR(0), 0.0)
    space += exp(RR(log_parts(blocks, weight, block)))
    return space, probability + math.exp(log_probability(blocks, weight, block))


def guesses(zeta: int, secret: "BlockBinary", weight: int) -> tuple[int, float]:
    """The values that are guessed for `zeta` bits, and the probability that one of them is right."""
    blocks = int(zeta) / secret.block
    space, probability = up_to(blocks, min(weight, int(blocks)), secret.block)
    return ceil(space), min(1.0, probability)


def secret(dimension: int, block: int) -> BlockBinary:
    """A block-binary secret, for attacks that are estimated after this call in this process: none for other secrets."""
    lwe_dual.SparseTernary = lwe_guess.SparseTernary = BlockBinary
    lwe_primal.guessing_set_and_hit_probability = guesses
    return BlockBinary(round(dimension / (block + 1)), dimension, block)

"""One CKKS bootstrap by OpenFHE, with all slots used. Prints JSON.

    openfhe_bootstrap.py [--quick]

A uniform ternary secret, as ours is not sparse either. With scaling factors of 54 bits and two levels left afterwards, a ring of
dimension 2^16 has 128 bits of security; with 50 bits and four levels, a result has two bits of precision. --quick takes a
small ring without any security, to see that it works.
"""

import json
import math
import random
import resource
import sys
import time

from openfhe import (
    CCParamsCKKSRNS,
    CryptoContext,
    GenCryptoContext,
    PKESchemeFeature,
    ScalingTechnique,
    SecretKeyDist,
    SecurityLevel,
)

LEVELS_LEFT = 2


def main(quick: bool) -> None:
    """Makes keys, bootstraps, and decrypts to see the error."""
    secret, budget = SecretKeyDist.UNIFORM_TERNARY, [3, 3]
    parameters = CCParamsCKKSRNS()
    parameters.SetSecretKeyDist(secret)
    parameters.SetSecurityLevel(SecurityLevel.HEStd_NotSet if quick else SecurityLevel.HEStd_128_classic)
    if quick:
        parameters.SetRingDim(2**12)
    parameters.SetScalingTechnique(ScalingTechnique.FLEXIBLEAUTO)
    parameters.SetFirstModSize(60)
    parameters.SetScalingModSize(54)
    depth = LEVELS_LEFT + CryptoContext.GetBootstrapDepth(budget, secret)
    parameters.SetMultiplicativeDepth(depth)
    context = GenCryptoContext(parameters)
    features = PKESchemeFeature
    for feature in (features.PKE, features.KEYSWITCH, features.LEVELEDSHE, features.ADVANCEDSHE, features.FHE):
        context.Enable(feature)
    slots = context.GetRingDimension() // 2

    start = time.perf_counter()
    context.EvalBootstrapSetup(budget, [0, 0], slots)
    keys = context.KeyGen()
    context.EvalMultKeyGen(keys.secretKey)
    context.EvalBootstrapKeyGen(keys.secretKey, slots)
    key_seconds = time.perf_counter() - start

    generator = random.Random(1)
    values = [generator.uniform(-1, 1) for _ in range(slots)]
    exhausted = context.MakeCKKSPackedPlaintext(values, 1, depth - 1, None, slots)
    ciphertext = context.Encrypt(keys.publicKey, exhausted)
    start, cpu = time.perf_counter(), time.process_time()
    refreshed = context.EvalBootstrap(ciphertext)
    seconds, core_seconds = time.perf_counter() - start, time.process_time() - cpu
    decrypted = context.Decrypt(refreshed, keys.secretKey)
    decrypted.SetLength(slots)
    error = max(abs(value - found) for value, found in zip(values, decrypted.GetRealPackedValue(), strict=True))
    print(
        json.dumps(
            {
                "ring": context.GetRingDimension(),
                "values": slots,
                "levels_left": depth - refreshed.GetLevel() - (refreshed.GetNoiseScaleDeg() - 1),
                "key_seconds": key_seconds,
                "seconds": seconds,
                "core_milliseconds_per_value": 1000 * core_seconds / slots,
                "bits_of_precision": -math.log2(error),
                "peak_memory_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6,
            }
        )
    )


if __name__ == "__main__":
    main("--quick" in sys.argv[1:])

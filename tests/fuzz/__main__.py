"""`python -m tests.fuzz`: random cases, their number, the time they took, and how memory grew."""

from __future__ import annotations

import argparse
import sys
import time

from tests.fuzz.runner import run_apart, shares
from tests.fuzz.targets import TARGETS, case


def main() -> int:
    """Run the cases, print a line for each target, and end with 1 where a case failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=20_000, help="of all targets together")
    parser.add_argument("--seed", type=int, default=1, help="another one gives other cases")
    parser.add_argument("--target", choices=[target.name for target in TARGETS], help="this one alone")
    parser.add_argument("--number", type=int, help="of one case, which is run in this process")
    asked = parser.parse_args()
    if asked.target is not None:
        target = next(each for each in TARGETS if each.name == asked.target)
        if asked.number is not None:
            case(target, asked.number, asked.seed)
            return 0
        plan = [(target, asked.cases)]
    else:
        plan = list(shares(asked.cases))
    begun_s, count, failed = time.monotonic(), 0, 0
    print(f"{'target':<16}{'cases':>10}{'seconds':>9}{'a second':>10}", end="")
    print(f"{'slowest ms':>12}{'of case':>10}{'growth KiB':>12}{'failed':>8}")
    for target, cases in plan:
        result = run_apart(target.name, cases, asked.seed)
        count, failed = count + result.cases, failed + len(result.failures)
        rate = result.cases / result.seconds if result.seconds else 0.0
        print(
            f"{target.name:<16}{result.cases:>10,}{result.seconds:>9.1f}{rate:>10,.0f}{result.slowest_s * 1e3:>12,.0f}"
            f"{result.slowest:>10}{result.growth_kib:>12,}{len(result.failures):>8}",
            flush=True,
        )
        for failure in result.failures:
            print(failure, flush=True)
    print(f"{count:,} cases in {time.monotonic() - begun_s:,.0f} s, seed {asked.seed}; {failed} failed.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

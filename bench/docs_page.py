"""How long Swagger UI takes to show its groups and an operation, in Chromium with an empty cache: of this checkout, or
of several to compare with.

python -m bench.docs_page [CHECKOUT ...]
"""

import statistics
import sys
import time
from collections import defaultdict
from contextlib import ExitStack
from pathlib import Path

import httpx
from playwright.sync_api import Browser, sync_playwright

from bench.abuse import ROOT, running

CHROMIUM = Path("/usr/bin/chromium")
ROUNDS = 5
PLACES = {"the groups": ("", ".opblock-tag"), "an operation by its link": ("#/Me/get_me", ".opblock .response")}
MACHINES = {"here": (0, 1), "10 Mbit/s, a processor four times slower": (10_000_000 // 8, 4)}
LATENCY_MS = 40


def main(checkouts: list[Path]) -> None:
    seconds: dict[tuple[str, str, Path], list[tuple[float, float]]] = defaultdict(list)
    with ExitStack() as stack:
        addresses = {checkout: stack.enter_context(running(checkout))[0] for checkout in checkouts}
        for checkout, address in addresses.items():
            print(f"{checkout.name}: {size_of(address):,} bytes of the document, compressed")
        browser = stack.enter_context(sync_playwright()).chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox"]
        )
        for _ in range(ROUNDS):
            for checkout, address in addresses.items():
                for machine in MACHINES:
                    for place in PLACES:
                        seconds[machine, place, checkout].append(seconds_until(browser, address, machine, place))
        browser.close()
    for (machine, place, checkout), taken in seconds.items():
        waited, processor = map(statistics.median, zip(*taken, strict=True))
        print(f"{checkout.name:20} {machine:42} {place:24} {waited:5.2f} s, {processor:5.2f} s of the processor")


def size_of(address: str) -> int:
    with httpx.stream("GET", f"{address}/openapi.json", headers={"Accept-Encoding": "gzip"}) as response:
        return sum(map(len, response.iter_raw()))


def seconds_until(browser: Browser, address: str, machine: str, place: str) -> tuple[float, float]:
    """As a clock shows them, and of the processor, for the page's own thread."""
    bytes_per_second, slowdown = MACHINES[machine]
    fragment, shown = PLACES[place]
    context = browser.new_context(viewport={"width": 1200, "height": 1000})
    page = context.new_page()
    devtools = context.new_cdp_session(page)
    devtools.send("Performance.enable")
    devtools.send("Emulation.setCPUThrottlingRate", {"rate": slowdown})
    if bytes_per_second:
        conditions = {"offline": False, "latency": LATENCY_MS, "uploadThroughput": bytes_per_second}
        devtools.send("Network.enable")
        devtools.send("Network.emulateNetworkConditions", conditions | {"downloadThroughput": bytes_per_second})
    began = time.monotonic()
    page.goto(f"{address}/docs{fragment}", wait_until="commit")
    page.locator(shown).first.wait_for(timeout=60_000)
    seconds = time.monotonic() - began
    metrics = {one["name"]: one["value"] for one in devtools.send("Performance.getMetrics")["metrics"]}
    context.close()
    return seconds, metrics["ThreadTime"]


if __name__ == "__main__":
    main([Path(checkout).resolve() for checkout in sys.argv[1:]] or [ROOT])

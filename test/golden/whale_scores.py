"""Makes whale-scores.json: twenty new orders of a recording of Binance and their whale scores, from its raw frames.

    python test/golden/whale_scores.py ../shared/data/captures/binance-spot-btcusdt-650s.capture.ndjson.gz \
        > test/golden/whale-scores.json

It shares no code with the product: plain dictionaries for the book, and the definition of the score with all weights afresh.
"""

import gzip
import json
import math
import sys

UNIT = 10**8
HALF_LIFE_US = 3600 * 10**6


def exact(text):
    whole, _, digits = text.partition(".")
    return int(whole) * UNIT + int(digits.ljust(8, "0"))


book = None
seen = {"b": set(), "a": set()}
border = {}
waiting = []
last_id = None
orders = {"b": [], "a": []}
found = []


def z_of(before, size):
    """ln q against the orders before; the clock of the decay stands at the newest of them and never runs back."""
    now = max(us for _, us in before)
    clock = 0
    weights = []
    for _, us in before:
        clock = max(clock, us)
        weights.append(2 ** (-(now - clock) / HALF_LIFE_US))
    logs = [math.log(size / UNIT) for size, _ in before]
    total = math.fsum(weights)
    mu = math.fsum(w * x for w, x in zip(weights, logs)) / total
    variance = math.fsum(w * (x - mu) ** 2 for w, x in zip(weights, logs)) / total
    return (math.log(size / UNIT) - mu) / math.sqrt(variance)


def apply(update):
    us = update["E"] * 1000
    new = []
    for side in ("b", "a"):
        for price, size in update[side]:
            price, size = exact(price), exact(size)
            before = book[side].get(price, 0)
            # Known: the snapshot reached so far, or the price was seen since.
            inside = price >= border["b"] if side == "b" else price <= border["a"]
            if size > before and (inside or price in seen[side]):
                new.append((side, price, size - before))
            seen[side].add(price)
            if size:
                book[side][price] = size
            else:
                book[side].pop(price, None)
    bid, ask = max(book["b"]), min(book["a"])
    mid = (bid + ask) / 2
    uneven = abs(sum(book["b"].values()) - sum(book["a"].values()))
    for side, price, size in new:
        before = orders[side]
        if len(before) >= 100:
            found.append((us, side, price, size, len(before), bid, ask, mid, uneven))
        before.append((size, us))


for line in gzip.open(sys.argv[1], "rt"):
    record = json.loads(line)
    if record["op"] == "http" and "/depth" in record["url"]:
        snapshot = json.loads(record["data"])
        last_id = snapshot["lastUpdateId"]
        book = {"b": {exact(p): exact(s) for p, s in snapshot["bids"]}, "a": {exact(p): exact(s) for p, s in snapshot["asks"]}}
        border = {"b": min(book["b"]), "a": max(book["a"])}
        for side in ("b", "a"):
            seen[side] = set(book[side])
        for update in waiting:
            if update["u"] > last_id:
                apply(update)
    if record["op"] != "recv":
        continue
    data = json.loads(record["data"])["data"]
    if data.get("e") == "depthUpdate":
        if last_id is None:
            waiting.append(data)
        elif data["u"] > last_id:
            apply(data)

# Ten spread over the recording, and the ten largest of its first quarter, which score most.
picked = found[:: max(1, len(found) // 10)][:10]
picked += sorted(found[: len(found) // 4], key=lambda one: -one[3])[:10]
rows = []
for us, side, price, size, count, bid, ask, mid, uneven in sorted(picked):
    z = z_of(orders[side][:count], size)
    points = {
        "score_size": 3 if z >= 4 else 2 if z >= 3 else 1 if z >= 2 else 0,
        "score_spread": int((ask - bid) / mid > 0.01),
        "score_mid": int(abs(price - mid) / mid <= 0.01),
        "score_imbalance": int(size > 10 * uneven),
    }
    rows.append(
        {
            "exchange_us": us,
            "side": "bid" if side == "b" else "ask",
            "price": price / UNIT,
            "size": size / UNIT,
            "orders_before": count,
            "z": z,
            "whale_score": sum(points.values()),
            **points,
            "spread_bps": (ask - bid) / mid * 1e4,
            "mid_distance_bps": abs(price - mid) / mid * 1e4,
            "imbalance": uneven / UNIT,
        }
    )
json.dump({"orders": sum(map(len, orders.values())), "scored": len(found), "rows": rows}, sys.stdout, indent=1)

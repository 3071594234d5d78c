"""Makes quotes.json: spreads, liquidity and bars of a recording of Binance, from its raw frames by plain dictionaries.

    python test/golden/quotes.py ../shared/data/captures/binance-spot-btcusdt-650s.capture.ndjson.gz > test/golden/quotes.json

It shares no code with the product. Prices and sizes are exact whole numbers of 1e-8; every tenth second is told.
"""

import gzip
import json
import sys
from fractions import Fraction

UNIT = 10**8


def exact(text):
    whole, _, digits = text.partition(".")
    return int(whole) * UNIT + int(digits.ljust(8, "0"))


book = {"b": {}, "a": {}}
waiting = []
last_id = None
clock = None
live_since = None
next_second = None
before = None
flow = None
spreads = []
rows = []
told = 0
liquidity = {}
bars = {}


def depth(side, bps):
    bid, ask = max(book["b"]), min(book["a"])
    mid = Fraction(bid + ask, 2)
    away = mid * bps / 10000
    return sum(size for price, size in book[side].items() if abs(price - mid) <= away) / UNIT


def sample(second):
    global flow, told
    bid, ask = max(book["b"]), min(book["a"])
    bid_size, ask_size = book["b"][bid], book["a"][ask]
    spreads.append((second, ask - bid))
    recent = [spread for at, spread in spreads if at > second - 15]
    if told % 10 == 0:
        row = {
            "second": second,
            "bid": bid / UNIT,
            "ask": ask / UNIT,
            "spread": (ask - bid) / UNIT,
            "spread_avg_15s": float(Fraction(sum(recent), len(recent) * UNIT)),
            "microprice": float(Fraction(bid * ask_size + ask * bid_size, (bid_size + ask_size) * UNIT)),
            "ofi": None if flow is None else flow / UNIT,
        }
        for bps in (10, 50, 100):
            row[f"bid_depth_{bps}bps"] = depth("b", bps)
            row[f"ask_depth_{bps}bps"] = depth("a", bps)
        rows.append(row)
    told += 1
    flow = 0


def advance(ms):
    global clock, live_since, next_second
    clock = ms if clock is None else max(clock, ms)
    if live_since is None:
        live_since = clock
        next_second = clock // 1000 + 1
    while next_second * 1000 <= clock:
        sample(next_second)
        next_second += 1


def observe():
    global before, flow
    bid, ask = max(book["b"]), min(book["a"])
    quote = (bid, book["b"][bid], ask, book["a"][ask])
    if before is not None and flow is not None:
        flow += (quote[1] if bid >= before[0] else 0) - (before[1] if bid <= before[0] else 0)
        flow += (before[3] if ask >= before[2] else 0) - (quote[3] if ask <= before[2] else 0)
    before = quote


def apply(update):
    advance(update["E"])
    values = liquidity.setdefault(update["E"] // 60000, {"b": 0, "a": 0})
    for side in ("b", "a"):
        for price, size in update[side]:
            price, size = exact(price), exact(size)
            # A level that is told again as it is has not changed.
            if size != book[side].get(price, 0):
                values[side] += price * size
            if size:
                book[side][price] = size
            else:
                book[side].pop(price, None)
    observe()


for line in gzip.open(sys.argv[1], "rt"):
    record = json.loads(line)
    if record["op"] == "http" and "/depth" in record["url"]:
        snapshot = json.loads(record["data"])
        last_id = snapshot["lastUpdateId"]
        book = {"b": {exact(p): exact(s) for p, s in snapshot["bids"]}, "a": {exact(p): exact(s) for p, s in snapshot["asks"]}}
        observe()
        for update in waiting:
            if update["u"] > last_id:
                apply(update)
    if record["op"] != "recv":
        continue
    data = json.loads(record["data"])["data"]
    kind = data.get("e")
    if kind == "depthUpdate":
        if last_id is None:
            waiting.append(data)
        elif data["u"] > last_id:
            apply(data)
    elif kind == "trade" and live_since is not None:
        advance(data["T"])
        bars.setdefault(data["T"] // 60000, []).append((data["T"], exact(data["p"]), exact(data["q"])))

whole = [minute for minute in sorted(liquidity) if minute * 60000 >= live_since and (minute + 1) * 60000 + 1000 <= clock]
json.dump(
    {
        "seconds": told,
        "spreads": rows,
        "liquidity": [
            {
                "minute": minute,
                "bid_value": liquidity[minute]["b"] / UNIT**2,
                "ask_value": liquidity[minute]["a"] / UNIT**2,
                "ratio": liquidity[minute]["b"] / liquidity[minute]["a"],
            }
            for minute in whole
        ],
        "bars": [
            {
                "minute": minute,
                "open": min(bars[minute], key=lambda trade: trade[0])[1] / UNIT,
                "high": max(price for _, price, _ in bars[minute]) / UNIT,
                "low": min(price for _, price, _ in bars[minute]) / UNIT,
                "close": max(enumerate(bars[minute]), key=lambda trade: (trade[1][0], trade[0]))[1][1] / UNIT,
                "volume": sum(size for _, _, size in bars[minute]) / UNIT,
                "quote_volume": sum(price * size for _, price, size in bars[minute]) / UNIT**2,
                "vwap": sum(price * size for _, price, size in bars[minute]) / sum(size for _, _, size in bars[minute]) / UNIT,
                "trades": len(bars[minute]),
            }
            for minute in whole
        ],
    },
    sys.stdout,
)

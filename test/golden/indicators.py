"""Makes indicators.json: figures of TA-Lib (the C library, through its Python package) for recorded minute bars.

    pip install TA-Lib pandas
    python test/golden/indicators.py ../shared/data/bars/btc-perp-1m-2022-01.csv.gz > test/golden/indicators.json

Rows are those that each figure begins with, and every 997th. TA-Lib begins the fast average of its MACD later than the slow
one; what that makes at the start is gone after a thousand rows, and rows before are left out.
"""

import json
import sys

import numpy as np
import pandas as pd
import talib

bars = pd.read_csv(sys.argv[1])
high, low, close = (bars[name].to_numpy(dtype=float) for name in ("high", "low", "close"))

bollinger_high, bollinger_mid, bollinger_low = talib.BBANDS(close, timeperiod=20, nbdevup=2, nbdevdn=2, matype=0)
macd, macd_signal, macd_histogram = talib.MACD(close, fastperiod=12, slowperiod=26, signalperiod=9)
returns = np.diff(np.log(close), prepend=np.nan)
columns = {
    "sma": talib.SMA(close, timeperiod=20),
    "ema": talib.EMA(close, timeperiod=20),
    "bollinger_low": bollinger_low,
    "bollinger_mid": bollinger_mid,
    "bollinger_high": bollinger_high,
    "atr": talib.ATR(high, low, close, timeperiod=14),
    "rsi": talib.RSI(close, timeperiod=14),
    "macd": macd,
    "macd_signal": macd_signal,
    "macd_histogram": macd_histogram,
    # Not in TA-Lib: from pandas, over exact sums of the window.
    "realised_volatility": pd.Series(returns**2).rolling(60).apply(lambda window: np.sqrt(window.sum()), raw=True).to_numpy(),
}
samples = {}
for name, values in columns.items():
    first = int(np.flatnonzero(~np.isnan(values))[0])
    start = 1000 if name.startswith("macd") else first
    rows = sorted({start, start + 1, *range(997 * (start // 997 + 1), len(values), 997), len(values) - 1})
    samples[name] = {"first": first, "rows": [[row, float(values[row])] for row in rows]}
json.dump({"bars": len(close), "library": f"TA-Lib {talib.__ta_version__.decode().split()[0]}", "columns": samples}, sys.stdout)

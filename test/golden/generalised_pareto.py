"""The estimate of Zhang and Stephens (2009), section 3, by numpy: the figures in src/scoring/pareto.test.ts."""

import numpy as np

x = np.array([0.1, 0.2, 0.4, 0.5, 0.9, 1.1, 1.8, 2.5, 4, 9.5])
n = len(x)
m = 20 + int(np.sqrt(n))
theta = 1 / x[-1] + (1 - np.sqrt(m / (np.arange(1, m + 1) - 0.5))) / (3 * x[int(n / 4 + 0.5) - 1])
k = -np.log1p(-np.outer(theta, x)).mean(axis=1)
likelihood = n * (np.log(theta / k) + k - 1)
weights = 1 / np.exp(likelihood[None, :] - likelihood[:, None]).sum(axis=1)
best = (theta * weights).sum()
k = -np.log1p(-best * x).mean()
print("shape", -k, "scale", k / best)

latest|/* SPDX-License-Identifier: GPL-2.0-only */
latest|struct i915_params {
latest|	/* bools come last */
latest|	bool enable_hangcheck;
latest|	bool fastboot;
latest|};

own|/* SPDX-License-Identifier: GPL-2.0-only */
own|static void i915_gem_request_retire(struct drm_i915_gem_request *request)
own|{
own|	list_del_init(&request->list);
own|
own|	i915_gem_context_put(request->ctx);
own|	i915_gem_request_put(request);
own|}
own|
own|static int __i915_gem_request_alloc(struct intel_engine_cs *engine)
own|{
own|	*req_out = NULL;
own|
own|	/* So that it cannot fail later */
own|	if (i915.enable_execlists)
own|		ret = intel_logical_ring_alloc_request_extras(req);
own|	else
own|		ret = intel_ring_alloc_request_extras(req);
own|	if (ret)
own|		goto err_ctx;
own|
own|	*req_out = req;
own|	return 0;
own|
own|err_ctx:
own|	i915_gem_context_put(ctx);
own|	return ret;
own|}

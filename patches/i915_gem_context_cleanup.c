/* SPDX-License-Identifier: MIT */

/**
 * DOC: the VMAs of contexts that go, and of handles that are closed
 *
 * A VMA holds a reference on its PPGTT, and it goes when its object goes. If
 * the object is shared, that is when the last of its users lets go of it, which
 * may be long after the context that the PPGTT was made for. So the VMAs of a
 * context have to be taken from their objects when the context goes.
@from 8
 * The same holds for the VMAs of an object, in the contexts of a file, when the
 * file closes its handle of the object.
@end
 *
 * When user space lets go of a context, its PPGTT is closed. Once no request
 * that uses a closed PPGTT is left, its VMAs are moved to a list of the device
 * (dead), and a worker unbinds and frees them.
@from 8
 *
 * When a handle is closed, the VMAs of the object in the PPGTTs of the file are
 * closed: they stay bound, on another list of the device (closed). A client
 * that opens the object again and uses it reopens them. Those that are not
 * reopened are unbound by the worker: after %CLOSED_MSECS, if memory is wanted,
 * or if there are more than %CLOSED_MAX on the list.
@end
 *
 * The invariant: as long as a request lives, each VMA that it uses is bound.
 *
@when retires-first
 * An object is active on account of a request that lives, or of one that was
 * retired a moment ago, until the object is retired as well. That is done
 * before anything is unbound (cleanup_pass()). So an active object always has a
@else
 * An object is active on account of a request that lives, for it holds a
 * reference on that (obj->last_read_req). So an active object always has a
@end
 * bound VMA, which keeps its pages pinned and the object on the list of bound
 * objects. Retirement, the shrinker and userptr rely on it. i915_vma_unbind()
 * keeps the invariant by waiting until the object is idle. Here nothing waits,
 * and nothing is asked of the object, which others may keep busy for ever: a
 * VMA is unbound once no request lives that can have used it. A request counts
@when retires-first
 * from before it is given its VMAs until it is retired, not until the GPU has
@else
 * from before it is given its VMAs until it is freed, not until the GPU has
@end
 * completed it: in between the object is still active.
 *
 * The last reference to a request or a context may be dropped by anything that
 * waits for the GPU, in the middle of a walk along the lists that an unbind
 * changes. That is why nothing is unbound there, but by the worker, or at the
 * end of the close() or the ioctl by which the context went.
@from 6
 *
 * struct_mutex is held for a few VMAs at a time (%CLEANUP_BUDGET).
@end
 *
 * With the module parameter context_cleanup off nothing is closed.
 */

@from 6
#include <linux/delay.h>

@end
#include "i915_drv.h"

@from 6
/*
 * What may be done before struct_mutex is dropped. A VMA costs one, and each
 * page table full of entries (2 MiB) that has to be cleared for it costs
 * CLEANUP_PAGE_TABLE more, which is about how long either takes.
 */
#define CLEANUP_BUDGET 100
#define CLEANUP_PAGE_TABLE 6

@end
@from 8
/* How long the VMAs of a closed handle stay, unless they are used again. */
#define CLOSED_MSECS 750

/* How many of them stay, but for those that the GPU is busy with. */
#define CLOSED_MAX 1024

/* The worker is woken on account of that for so many at a time. */
#define CLOSED_BATCH 64

@end
static inline struct i915_gem_context_cleanup *
to_cleanup(struct i915_hw_ppgtt *ppgtt)
{
	return &to_i915(ppgtt->base.dev)->mm.cleanup;
}

/* No VMA of the GGTT comes here. */
static inline struct i915_hw_ppgtt *to_ppgtt(struct i915_vma *vma)
{
	return container_of(vma->vm, struct i915_hw_ppgtt, base);
}

/*
 * Unbound: what others queue on this processor must not wait for work that can
 * take long in all.
 */
static void wake_worker(struct i915_gem_context_cleanup *cleanup)
{
@from 8
	mod_delayed_work(system_unbound_wq, &cleanup->work, 0);
@else
	queue_work(system_unbound_wq, &cleanup->work);
@end
}

/* Is there a request that may use this VMA, or somebody who is preparing one? */
static inline bool vma_is_busy(struct i915_vma *vma)
{
	struct i915_hw_ppgtt *ppgtt = to_ppgtt(vma);
@from 8
	struct drm_i915_gem_request *oldest;
@end

	if (vma->pin_count || !list_empty(&vma->exec_list))
		return true;

@when lazy
	/* Nor a request that is not on its list */
	if (ppgtt->untracked && vma->obj->active)
		return true;

@end
	if (list_empty(&ppgtt->requests))
		return false;

@from 8
	if (ppgtt->closed)
		return true;

	/* What was made after the VMA was closed has not used it. */
	oldest = list_first_entry(&ppgtt->requests, typeof(*oldest),
				  ppgtt_link);
	return (s32)(oldest->ppgtt_seqno - vma->closed_seqno) <= 0;
@else
	return true;
@end
}

static bool bound_elsewhere(struct i915_vma *vma)
{
	struct i915_vma *other;

@when obj-link
	list_for_each_entry(other, &vma->obj->vma_list, obj_link)
@else
	list_for_each_entry(other, &vma->obj->vma_list, vma_link)
@end
		if (other != vma && drm_mm_node_allocated(&other->node))
			return true;

	return false;
}

/* Unbind and free a VMA that is not busy. */
static inline void unbind_vma(struct i915_gem_context_cleanup *cleanup,
			      struct i915_vma *vma)
{
	/* The invariant. To look takes too long where nobody waits for it. */
	WARN_ON(IS_ENABLED(CONFIG_DEBUG_VM) && vma->obj->active &&
		!bound_elsewhere(vma));

@from 10
	cleanup->vmas_cleaned++;
	if (vma->obj->active)
		cleanup->vmas_cleaned_busy++;
@end
	WARN_ON(__i915_vma_unbind_no_wait(vma));
}

@from 6
/* Whether there is budget left for a VMA: there always is for the first one. */
static inline bool afford(long *budget, struct i915_vma *vma)
{
	long cost = 1;

@from 9
	if (!to_ppgtt(vma)->context_freed)
		cost += CLEANUP_PAGE_TABLE * (long)(vma->node.size >> GEN8_PDE_SHIFT);
@else
	cost += CLEANUP_PAGE_TABLE * (long)(vma->node.size >> GEN8_PDE_SHIFT);
@end
	if (cost > *budget && *budget < CLEANUP_BUDGET)
		return false;

	*budget -= cost;
	return true;
}

@end
@from 6
/* The VMAs of closed PPGTTs. Returns whether the budget ran out. */
static bool cleanup_dead(struct i915_gem_context_cleanup *cleanup, long *budget)
@else
/* The VMAs of closed PPGTTs. */
static void cleanup_dead(struct i915_gem_context_cleanup *cleanup)
@end
{
	while (!list_empty(&cleanup->dead)) {
		struct i915_vma *vma = list_first_entry(&cleanup->dead,
							struct i915_vma,
							ppgtt_link);

@from 6
		if (!afford(budget, vma))
			return true;

@end
		/*
		 * An execbuffer that had looked the context up before it went
		 * may use its PPGTT once more. When that is through, the VMAs
		 * come back here.
		 */
		if (vma_is_busy(vma)) {
			list_move_tail(&vma->ppgtt_link, &to_ppgtt(vma)->vmas);
@from 8
			i915_vma_close(vma);
@end
			continue;
		}

		unbind_vma(cleanup, vma);
	}
@from 6

	return false;
@end
}

@from 8
/*
 * The VMAs of closed handles whose time has come. Returns in how many jiffies
 * that of the next one comes: 0 if the budget ran out, -1 if there is none.
 */
static long cleanup_closed(struct i915_gem_context_cleanup *cleanup,
			   long *budget)
{
	while (!list_empty(&cleanup->closed)) {
		struct i915_vma *vma = list_first_entry(&cleanup->closed,
							struct i915_vma,
							closed_link);
		long left = vma->closed_jiffies +
			msecs_to_jiffies(CLOSED_MSECS) - jiffies;

		if (!cleanup->wanted && left > 0)
			return left;

		if (!afford(budget, vma))
			return 0;

		/* Reopened: it keeps its place here until it is come across. */
		if (!vma->closed) {
			i915_vma_unlist(vma);
			continue;
		}

		if (cleanup->wanted)
			cleanup->wanted--;

		if (vma_is_busy(vma)) {
			/* Come back to it when the others have had their turn. */
			vma->closed_jiffies = jiffies;
			list_move_tail(&vma->closed_link, &cleanup->closed);
@from 10
			cleanup->vmas_deferred++;
@end
			continue;
		}

		unbind_vma(cleanup, vma);
	}

	cleanup->wanted = 0;
	return -1;
}

@end
@from 10
/* At the end of a section under struct_mutex that began at @start. */
static void note_hold(struct i915_gem_context_cleanup *cleanup, ktime_t start)
{
	u64 ns = ktime_to_ns(ktime_sub(ktime_get(), start));

	cleanup->longest_hold_ns = max(cleanup->longest_hold_ns, ns);
}

@end
@from 8
/*
 * Do what can be done in one section under struct_mutex, and free up to @ppgtts
 * address spaces after it. Returns in how many jiffies there is more to do, or
 * -1 if there is not.
 */
static long cleanup_pass(struct drm_i915_private *dev_priv, unsigned int ppgtts)
@else from 7
/*
 * Do what can be done in one section under struct_mutex, and free up to @ppgtts
 * address spaces after it. Returns whether there is more to do.
 */
static bool cleanup_pass(struct drm_i915_private *dev_priv, unsigned int ppgtts)
@else from 6
/* Returns whether there is more to do. */
static bool cleanup_pass(struct drm_i915_private *dev_priv)
@else
static void cleanup_pass(struct drm_i915_private *dev_priv)
@end
{
	struct i915_gem_context_cleanup *cleanup = &dev_priv->mm.cleanup;
@from 7
	struct i915_hw_ppgtt *ppgtt, *next;
	LIST_HEAD(unused);
@end
@from 6
	long budget = CLEANUP_BUDGET;
@end
@from 8
	long delay = 0;
@else from 6
	bool more;
@end
@from 10
	ktime_t start;
@end

@when embeds-drm
	mutex_lock(&dev_priv->drm.struct_mutex);
@else
	mutex_lock(&dev_priv->dev->struct_mutex);
@end
@from 10
	start = ktime_get();
@end
@when retires-first
	/* No object is to be active on account of a request that is retired. */
	i915_gem_retire_requests(dev_priv);
@end
@from 8
	if (!cleanup_dead(cleanup, &budget))
		delay = cleanup_closed(cleanup, &budget);
@else from 6
	more = cleanup_dead(cleanup, &budget);
@else
	cleanup_dead(cleanup);
@end
@from 7
	while (ppgtts-- && !list_empty(&cleanup->ppgtts))
		list_move_tail(cleanup->ppgtts.next, &unused);
@from 8
	if (!list_empty(&cleanup->ppgtts))
		delay = 0;
@else
	more |= !list_empty(&cleanup->ppgtts);
@end
@end
@from 10
	note_hold(cleanup, start);
@end
@when embeds-drm
	mutex_unlock(&dev_priv->drm.struct_mutex);
@else
	mutex_unlock(&dev_priv->dev->struct_mutex);
@end
@from 7

	list_for_each_entry_safe(ppgtt, next, &unused, cleanup_link) {
		i915_ppgtt_free(ppgtt);
		cond_resched();
	}
@end
@from 8

	return delay;
@else from 6

	return more;
@end
}

static void cleanup_work(struct work_struct *work)
{
	struct drm_i915_private *dev_priv =
@from 8
		container_of(work, typeof(*dev_priv), mm.cleanup.work.work);
	long delay;
@else
		container_of(work, typeof(*dev_priv), mm.cleanup.work);
@end

@unless retires-first
@from 8
	/* What the GPU has completed counts until it is retired. */
	if (!list_empty(&dev_priv->mm.cleanup.closed)) {
		mutex_lock(&dev_priv->dev->struct_mutex);
		i915_gem_retire_requests(dev_priv->dev);
		mutex_unlock(&dev_priv->dev->struct_mutex);
	}

@end
@end
@from 6
	/*
	 * A mutex is not fair: without a pause it would be taken again before
	 * those who wait for it have woken up.
	 */
@from 8
	while ((delay = cleanup_pass(dev_priv, UINT_MAX)) == 0)
		usleep_range(10, 20);

	if (delay > 0)
		queue_delayed_work(system_unbound_wq,
				   &dev_priv->mm.cleanup.work, delay);
@else from 7
	while (cleanup_pass(dev_priv, UINT_MAX))
		usleep_range(10, 20);
@else
	while (cleanup_pass(dev_priv))
		usleep_range(10, 20);
@end
@else
	cleanup_pass(dev_priv);
@end
}

/**
 * i915_gem_context_cleanup_init() - prepare for contexts to go
 * @dev_priv: i915 device
 */
void i915_gem_context_cleanup_init(struct drm_i915_private *dev_priv)
{
	struct i915_gem_context_cleanup *cleanup = &dev_priv->mm.cleanup;

	INIT_LIST_HEAD(&cleanup->dead);
@from 8
	INIT_LIST_HEAD(&cleanup->closed);
@end
@from 7
	INIT_LIST_HEAD(&cleanup->ppgtts);
@end
@from 8
	INIT_DELAYED_WORK(&cleanup->work, cleanup_work);
@else
	INIT_WORK(&cleanup->work, cleanup_work);
@end
}

/**
 * i915_gem_context_cleanup_flush() - do now all that can be done
 * @dev_priv: i915 device
 *
 * For suspend, when the GPU is idle and its requests are retired. Called
 * without struct_mutex. What nevertheless is busy keeps its place, and the
 * worker returns to it: it does nothing but write to memory.
 */
void i915_gem_context_cleanup_flush(struct drm_i915_private *dev_priv)
{
@from 8
	struct i915_gem_context_cleanup *cleanup = &dev_priv->mm.cleanup;

@when embeds-drm
	mutex_lock(&dev_priv->drm.struct_mutex);
	cleanup->wanted = cleanup->nr_closed;
	mutex_unlock(&dev_priv->drm.struct_mutex);
@else
	mutex_lock(&dev_priv->dev->struct_mutex);
	cleanup->wanted = cleanup->nr_closed;
	mutex_unlock(&dev_priv->dev->struct_mutex);
@end

	wake_worker(cleanup);
	flush_delayed_work(&cleanup->work);
@else
	flush_work(&dev_priv->mm.cleanup.work);
@end
}

/**
 * i915_gem_context_cleanup_fini() - do all there is
 * @dev_priv: i915 device
 *
 * The last context is gone and the GPU is idle. Called without struct_mutex.
 */
void i915_gem_context_cleanup_fini(struct drm_i915_private *dev_priv)
{
	struct i915_gem_context_cleanup *cleanup = &dev_priv->mm.cleanup;

	i915_gem_context_cleanup_flush(dev_priv);
@from 8
	cancel_delayed_work_sync(&cleanup->work);
@else
	cancel_work_sync(&cleanup->work);
@end

	WARN_ON(!list_empty(&cleanup->dead));
@from 8
	WARN_ON(!list_empty(&cleanup->closed));
@end
@from 7
	WARN_ON(!list_empty(&cleanup->ppgtts));
@end
}

/**
 * i915_gem_context_cleanup() - clean up after contexts that have just gone
 * @dev_priv: i915 device
 *
 * For the end of an ioctl or close(), without struct_mutex. Who makes contexts
 * go faster than the worker can follow does some of its work.
 */
void i915_gem_context_cleanup(struct drm_i915_private *dev_priv)
{
	struct i915_gem_context_cleanup *cleanup = &dev_priv->mm.cleanup;

@from 7
	if (list_empty(&cleanup->dead) && list_empty(&cleanup->ppgtts))
@else
	if (list_empty(&cleanup->dead))
@end
		return;

@from 8
	if (cleanup_pass(dev_priv, 1) == 0)
		wake_worker(cleanup);
@else from 7
	if (cleanup_pass(dev_priv, 1))
		wake_worker(cleanup);
@else from 6
	if (cleanup_pass(dev_priv))
		wake_worker(cleanup);
@else
	cleanup_pass(dev_priv);
@end
}

/* All VMAs of a closed PPGTT that no request uses. */
static void reap_ppgtt(struct i915_hw_ppgtt *ppgtt)
{
	list_splice_tail_init(&ppgtt->vmas, &to_cleanup(ppgtt)->dead);
}

/**
 * i915_ppgtt_close() - user space lets go of the context of an address space
 * @ppgtt: address space of a context, or NULL
 *
 * No new request will use it, but for that of an execbuffer which has looked
 * the context up already. Called under struct_mutex, from anywhere, for it
 * unbinds nothing; i915_gem_context_cleanup() has to follow.
 */
void i915_ppgtt_close(struct i915_hw_ppgtt *ppgtt)
{
	if (!i915.context_cleanup || !ppgtt)
		return;

	ppgtt->closed = true;
	if (list_empty(&ppgtt->requests))
		reap_ppgtt(ppgtt);
}

/**
 * i915_ppgtt_context_freed() - the context of an address space is being freed
 * @ppgtt: address space of the context, or NULL
 *
 * Each request holds a reference on its context, so none is left. Called under
 * struct_mutex, from anywhere.
 */
void i915_ppgtt_context_freed(struct i915_hw_ppgtt *ppgtt)
{
	bool late;

	if (!ppgtt)
		return;

@from 10
	to_cleanup(ppgtt)->contexts_gone++;
@end
@from 9
	ppgtt->context_freed = true;
@end
	late = !list_empty(&ppgtt->vmas);
	i915_ppgtt_close(ppgtt);
	if (late)
		wake_worker(to_cleanup(ppgtt));
}

/**
@when retires-first
 * i915_ppgtt_idle() - the last request of a closed address space is retired
@else
 * i915_ppgtt_idle() - the last request that used a closed address space is freed
@end
 * @ppgtt: the address space
 *
 * Called under struct_mutex, from anywhere.
 */
void i915_ppgtt_idle(struct i915_hw_ppgtt *ppgtt)
{
	reap_ppgtt(ppgtt);
	wake_worker(to_cleanup(ppgtt));
}

@from 7
/**
 * i915_ppgtt_free_later() - free an address space and its page tables
 * @ppgtt: address space that nothing refers to any more
 *
 * Not under struct_mutex, in which the last reference is dropped: there may be
 * thousands of page tables.
 */
void i915_ppgtt_free_later(struct i915_hw_ppgtt *ppgtt)
{
	struct i915_gem_context_cleanup *cleanup = to_cleanup(ppgtt);

	list_add_tail(&ppgtt->cleanup_link, &cleanup->ppgtts);
	wake_worker(cleanup);
}

@end
@from 8
static inline void close_vma(struct i915_gem_context_cleanup *cleanup,
			     struct i915_vma *vma)
{
	vma->closed = true;
	vma->closed_seqno = to_ppgtt(vma)->last_seqno;
	vma->closed_jiffies = jiffies;
	if (list_empty(&vma->closed_link))
		cleanup->nr_closed++;
	list_move_tail(&vma->closed_link, &cleanup->closed);

	if (cleanup->nr_closed > CLOSED_MAX - CLOSED_BATCH)
		cleanup->wanted++;
}

/* After VMAs were closed: see to it that the worker looks at them. */
static void expect_worker(struct i915_gem_context_cleanup *cleanup)
{
	if (cleanup->wanted >= CLOSED_BATCH)
		wake_worker(cleanup);
	else if (!delayed_work_pending(&cleanup->work))
		queue_delayed_work(system_unbound_wq, &cleanup->work,
				   msecs_to_jiffies(CLOSED_MSECS));
}

/**
 * i915_vma_close() - nobody has a handle of the VMA's object any more
 * @vma: a VMA in a PPGTT
 *
 * Called under struct_mutex, from anywhere.
 */
void i915_vma_close(struct i915_vma *vma)
{
	struct i915_gem_context_cleanup *cleanup = to_cleanup(to_ppgtt(vma));

	close_vma(cleanup, vma);
	expect_worker(cleanup);
}

/**
 * i915_vma_unlist() - take a VMA from the list of closed ones
 * @vma: a VMA that is on it
 *
 * Called under struct_mutex, from anywhere.
 */
void i915_vma_unlist(struct i915_vma *vma)
{
	list_del_init(&vma->closed_link);
	to_cleanup(to_ppgtt(vma))->nr_closed--;
}

/**
 * i915_gem_context_cleanup_shrink() - memory is wanted
 * @dev_priv: i915 device
 *
 * Have the closed VMAs go, which may be all that still binds their objects.
 * Called under struct_mutex, from anywhere.
 */
void i915_gem_context_cleanup_shrink(struct drm_i915_private *dev_priv)
{
	struct i915_gem_context_cleanup *cleanup = &dev_priv->mm.cleanup;

	if (!cleanup->nr_closed)
		return;

	cleanup->wanted = cleanup->nr_closed;
	wake_worker(cleanup);
}

/**
 * i915_gem_close_object() - a file closes a handle of an object
 * @gem: the object
 * @file: the file
 *
 * If the file has another handle of the object, the VMAs are reopened when that
 * is used. Called without struct_mutex.
 */
void i915_gem_close_object(struct drm_gem_object *gem, struct drm_file *file)
{
	struct drm_i915_file_private *file_priv = file->driver_priv;
	struct drm_i915_gem_object *obj = to_intel_bo(gem);
	struct drm_i915_private *dev_priv = to_i915(gem->dev);
	struct i915_gem_context_cleanup *cleanup = &dev_priv->mm.cleanup;
@when ggtt
	struct i915_address_space *ggtt = &dev_priv->ggtt.base;
@else
	struct i915_address_space *ggtt = &dev_priv->gtt.base;
@end
	struct i915_vma *vma;
	bool found = false;

	/* A file that goes has closed its PPGTTs before. */
	if (!i915.context_cleanup || !USES_FULL_PPGTT(gem->dev) ||
	    file_priv->closed)
		return;

	/* The VMAs go with the object, if nobody can get hold of that any more. */
	if (!gem->name && atomic_read(&gem->refcount.refcount) == 1)
		return;

	mutex_lock(&gem->dev->struct_mutex);
@when obj-link
	list_for_each_entry(vma, &obj->vma_list, obj_link) {
@else
	list_for_each_entry(vma, &obj->vma_list, vma_link) {
@end
		if (vma->vm == ggtt || to_ppgtt(vma)->file_priv != file_priv ||
		    to_ppgtt(vma)->closed)
			continue;

		close_vma(cleanup, vma);
		found = true;
	}
@from 10
	if (found) {
		cleanup->handles_closed++;
		expect_worker(cleanup);
	}
@else
	if (found)
		expect_worker(cleanup);
@end
	mutex_unlock(&gem->dev->struct_mutex);
}
@end

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Register offsets, by the names of i915_reg.h (and intel_lrc.c for the
 * context image). docs/vgpu.md says where each one is described.
 */
#ifndef VGPU_REGS_H
#define VGPU_REGS_H

/* relative to an engine's base */
#define RING_TAIL			0x030
#define RING_HEAD			0x034
#define RING_START			0x038
#define RING_CTL			0x03c
#define   RING_VALID			BIT(0)
#define RING_SYNC_0			0x040
#define RING_SYNC_1			0x044
#define RING_SYNC_2			0x048
#define RING_ACTHD_UDW			0x05c
#define RING_DMA_FADD_UDW		0x060
#define RING_IPEHR			0x068
#define RING_INSTDONE			0x06c
#define RING_ACTHD			0x074
#define RING_DMA_FADD			0x078
#define RING_MI_MODE			0x09c
#define   STOP_RING			BIT(8)
#define   MODE_IDLE			BIT(9)
#define RING_IMR			0x0a8
#define RING_INSTPM			0x0c0
#define   INSTPM_SYNC_FLUSH		BIT(5)
#define RING_RESET_CTL			0x0d0
#define   RESET_CTL_REQUEST		BIT(0)
#define   RESET_CTL_READY		BIT(1)
#define RING_PSMI_CTL			0x050
#define RING_BBSTATE			0x110
#define RING_BBADDR			0x140
#define RING_BBADDR_UDW			0x168
#define CCID				0x180	/* RCS only */
#define   CCID_EN			BIT(0)
#define RING_PP_DIR_DCLV		0x220
#define RING_PP_DIR_BASE		0x228
#define RING_ELSP			0x230
#define RING_EXECLIST_STATUS		0x234
#define RING_EXECLIST_STATUS_HI		0x238
#define RING_CONTEXT_CONTROL		0x244
#define RING_PDP_LDW(n)			(0x270 + 8 * (n))
#define RING_PDP_UDW(n)			(0x274 + 8 * (n))
#define RING_MODE			0x29c
#define   GFX_RUN_LIST_ENABLE		BIT(15)
#define   GFX_PPGTT_ENABLE		BIT(9)
#define   GFX_PPGTT_48B			BIT(7)
#define RING_TIMESTAMP			0x358
#define RING_TIMESTAMP_UDW		0x35c
#define RING_CSB_LDW(n)			(0x370 + 8 * (n))
#define RING_CSB_UDW(n)			(0x374 + 8 * (n))
#define RING_CSB_PTR			0x3a0
#define   CSB_WRITE_PTR_MASK		0x7u
#define   CSB_WRITE_PTR_RESET		0x7u
#define   CSB_ENTRIES			6u
#define RING_FORCE_TO_NONPRIV(n)	(0x4d0 + 4 * (n))
#define   NUM_FORCE_TO_NONPRIV		12u

/* global */
#define GEN8_RING_FAULT			0x4094
#define   FAULT_VALID			BIT(0)
#define   FAULT_GTTSEL_GEN7		BIT(11)
#define GEN8_FAULT_TLB_DATA0		0x4b10
#define GEN8_FAULT_TLB_DATA1		0x4b14
#define   FAULT_GTT_SEL			BIT(4)
#define GEN6_GDRST			0x941c
#define   GRDOM_FULL			BIT(0)
#define BCS_SWCTRL			0x22200	/* masked: which surfaces of a blit are Y-tiled, if tiled */
#define   BCS_SRC_Y			BIT(0)
#define   BCS_DST_Y			BIT(1)
#define FENCE_LOW(i)			(0x100000 + 8 * (i))
#define FENCE_HIGH(i)			(0x100004 + 8 * (i))
#define   FENCE_PAGE			0xfffff000	/* the first one in the lower half, the last one in the upper */
#define   FENCE_VALID			BIT(0)
#define   FENCE_Y_TILED			BIT(1)
#define   FENCE_PITCH			0x7ffu		/* in 128 bytes, less one (GEN7_FENCE_MAX_PITCH_VAL) */
#define TILECTL				0x101000
#define   TILECTL_SWZCTL		BIT(0)
#define GFX_FLSH_CNTL_GEN6		0x101008
#define FUSE_STRAP			0x42014
#define   DISPLAY_FUSED_OFF		BIT(30)
#define FORCEWAKE_MT			0xa188
#define FORCEWAKE_ACK_HSW		0x130044
#define GEN6_PCODE_MAILBOX		0x138124
#define   PCODE_READY			BIT(31)
#define SOUTH_CHICKEN2			0xc2004
#define   FDI_MPHY_RESET_CTL		BIT(12)
#define   FDI_MPHY_RESET_STATUS		BIT(13)
#define LCPLL_CTL			0x130040	/* the clock of the display's core */
#define   LCPLL_PLL_DISABLE		BIT(31)
#define   LCPLL_PLL_LOCK		BIT(30)
#define   LCPLL_CD_SOURCE_FCLK		BIT(21)
#define   LCPLL_CD_SOURCE_DONE		BIT(19)
#define SBI_ADDR			0xc6000	/* in the upper half */
#define SBI_DATA			0xc6004
#define SBI_CTL_STAT			0xc6008
#define   SBI_PHY			BIT(16)	/* else the clocks */
#define   SBI_WRITES			BIT(8)	/* operations: odd ones write */
#define   SBI_BUSY			BIT(0)
#define HSW_PWR_WELL_CTL		0x45400
#define DE_MASTER_IRQ			BIT(31)

/* display; pipes are 0x1000 apart, and so are the planes that i915 gives them */
#define NUM_PIPES			3u
#define   ENABLE			BIT(31)
#define   STATE_ENABLE			BIT(30)
#define DISPLAY_PIPES			0x60000	/* pipes and planes, to DISPLAY_PIPES_LAST */
#define DISPLAY_PIPES_LAST		0x72ffc
#define VTOTAL(pipe)			(0x6000c + 0x1000 * (pipe))
#define PIPESRC(pipe)			(0x6001c + 0x1000 * (pipe))
#define PIPEDSL(pipe)			(0x70000 + 0x1000 * (pipe))
#define PIPECONF(pipe)			(0x70008 + 0x1000 * (pipe))
#define PIPE_FRMCOUNT(pipe)		(0x70040 + 0x1000 * (pipe))
#define PIPE_FLIPCOUNT(pipe)		(0x70044 + 0x1000 * (pipe))
#define CURCNTR(pipe)			(0x70080 + 0x1000 * (pipe))
#define   CURSOR_ROTATE_180		BIT(15)
#define CURBASE(pipe)			(0x70084 + 0x1000 * (pipe))
#define CURPOS(pipe)			(0x70088 + 0x1000 * (pipe))
#define CUR_FBC_CTL(pipe)		(0x700a0 + 0x1000 * (pipe))	/* height - 1, if enabled */
#define DSPCNTR(pipe)			(0x70180 + 0x1000 * (pipe))
#define   DISPPLANE_GAMMA_ENABLE	BIT(30)
#define   DISPPLANE_FORMAT(n)		((u32)(n) << 26)
#define   DISPPLANE_ROTATE_180		BIT(15)
#define   DISPPLANE_TILED		BIT(10)
#define DSPSTRIDE(pipe)			(0x70188 + 0x1000 * (pipe))
#define DSPSURF(pipe)			(0x7019c + 0x1000 * (pipe))
#define DSPOFFSET(pipe)			(0x701a4 + 0x1000 * (pipe))
#define DSPSURFLIVE(pipe)		(0x701ac + 0x1000 * (pipe))
#define LGC_PALETTE(pipe, i)		(0x4a000 + 0x800 * (pipe) + 4 * (i))
#define GAMMA_MODE(pipe)		(0x4a480 + 0x800 * (pipe))
#define DISP_ARB_CTL			0x45000
#define   DISP_TILE_SURFACE_SWIZZLING	BIT(13)
#define DE_VBLANK(pipe)			BIT(5 * (pipe))		/* in DEIIR of gen7 */
#define DE_FLIP_DONE(pipe)		BIT(5 * (pipe) + 3)
#define GEN8_PIPE_VBLANK		BIT(0)			/* in DE_PIPE_IIR of gen8 */
#define GEN8_PIPE_FLIP_DONE		BIT(4)			/* of the primary plane */
#define DDI_BUF_CTL_A			0x64000
#define DDI_BUF_CTL_E			0x64400
#define   DDI_BUF_IS_IDLE		BIT(7)
#define DP_TP_CTL_E			0x64440
#define   DP_TP_FDI_AUTOTRAIN		BIT(15)
#define DP_TP_STATUS_E			0x64444
#define   DP_TP_AUTOTRAIN_DONE		BIT(12)
#define GEN7_ERR_INT			0x44040
#define SERR_INT			0xc4040
#define PCH_GMBUS2			0xc5108
#define   GMBUS_NAK			BIT(10)
#define PCH_ADPA			0xe1100	/* analog port: VGA */
#define   ADPA_FORCE_TRIGGER		BIT(16)
#define LPT_TRANSCONF			0xf0008
#define FDI_RX_CTL			0xf000c

/* dwords of the page that holds a context's state (intel_lrc.c: CTX_*) */
#define CTX_CONTEXT_CONTROL		0x03
#define   CTX_RESTORE_INHIBIT		BIT(0)
#define CTX_RING_HEAD			0x05
#define CTX_RING_TAIL			0x07
#define CTX_RING_START			0x09
#define CTX_RING_CTL			0x0b
#define CTX_BB_HEAD_U			0x0d
#define CTX_BB_HEAD_L			0x0f
#define   BB_HEAD_VALID			BIT(0)
#define CTX_BB_STATE			0x11
#define   BB_STATE_PPGTT		BIT(5)
#define CTX_TIMESTAMP			0x23
#define CTX_PDP_UDW(n)			(0x31 - 4 * (n))
#define CTX_PDP_LDW(n)			(0x33 - 4 * (n))
#define CTX_ENGINE_STATE		0x50	/* ours: one LRI of saved registers */

/* hardware status page (intel_lrc.h) */
#define HWSP_CSB_DWORD			0x10
#define HWSP_CSB_WRITE_DWORD		0x1f

/* the magic block; see docs/vgpu.md */
#define MAGIC_BASE			0x1ff000
#define MAGIC_ID			0x55504756u	/* "VGPU" */
#define MAGIC_VERSION			2u
#define MAGIC_ENGINE(n)			(0x100 + 0x40 * (n))

#endif

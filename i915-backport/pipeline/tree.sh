# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# tree - a kernel's tree: its version, and each i915 in it. Vendors have several: one for newer hardware beside the kernel's own, or one for
# each of their products. Which one is meant, the settings say, the kernel's configuration, or the GPU of this machine.

# tree_version MAKEFILE: VERSION.PATCHLEVEL.SUBLEVEL of a source tree, read and not run.
tree_version()
{
	awk '{ sub(/\r$/, "") }
	     $2 == "=" && $1 ~ /^(VERSION|PATCHLEVEL|SUBLEVEL)$/ && $3 ~ /^[0-9]+$/ && !($1 in v) { v[$1] = $3 }
	     END { if ("VERSION" in v && "PATCHLEVEL" in v)
	               print v["VERSION"] "." v["PATCHLEVEL"] "." ("SUBLEVEL" in v ? v["SUBLEVEL"] : 0) }' \
		"$1" 2>/dev/null || true
}

# tree_of I915: the kernel tree that it is in: the nearest folder above with a Makefile of a kernel; nothing if there is none.
tree_of()
{
	local dir=${1%/*}

	while [ -n "$dir" ]; do
		if [ -f "$dir/Makefile" ] && [ -n "$(tree_version "$dir/Makefile")" ]; then
			printf '%s\n' "$dir"
			return
		fi
		case $dir in
		*/*) dir=${dir%/*} ;;
		*) dir= ;;
		esac
	done
}

# i915_folders DIR: the folders in it, at any depth, that have the driver's main header and a makefile: headers alone are no driver.
i915_folders()
{
	local i915

	find -H "$1" -name .git -prune -o -type f -name i915_drv.h -print 2>/dev/null | sed 's|/[^/]*$||' | sort | while IFS= read -r i915; do
		[ ! -f "$i915/Makefile" ] || printf '%s\n' "$i915"
	done
}

# made_by MAKEFILE: the module that it makes of an i915, and after a tab the symbol of the configuration that says so, if one does. By what
# is in it: the folder may make another module too.
made_by()
{
	awk '
		{ sub(/#.*|\r$/, ""); line = line $0 }
		sub(/\\[ \t]*$/, " ", line) { next }
		line ~ /^obj-(m|y|[$][(]CONFIG_[A-Z0-9_]+[)])[ \t]*[+:]?=/ {
			symbol = line ~ /^obj-[$]/ ? substr(line, 7, index(line, ")") - 7) : ""
			n = split(substr(line, index(line, "=") + 1), word, " ")
			for (i = 1; i <= n; i++)
				if (word[i] ~ /^[A-Za-z0-9_-]+[.]o$/) {
					name[++names] = substr(word[i], 1, length(word[i]) - 2)
					by[names] = symbol
				}
		}
		line ~ /^[A-Za-z0-9_-]+-(y|objs)[ \t]*[+:]?=.*i915_/ {
			sub(/-(y|objs)[ \t]*[+:]?=.*/, "", line)
			parts[line] = 1
		}
		{ line = "" }
		END {
			for (i = 1; i <= names; i++)
				if (name[i] in parts) {
					print name[i] "\t" by[i]
					exit
				}
		}' "$1"
}

# i915_of_tree TREE: each i915 of that kernel, and not of one that lies in it: its folder, its module and the symbol of the
# configuration that it is built by, with tabs between.
i915_of_tree()
{
	local tree=${1%/} folder made

	i915_folders "$tree" | while IFS= read -r folder; do
		made=$(made_by "$folder/Makefile")
		folder=${folder#"$tree"/}
		[ -n "$made" ] && is_inside "$folder" && [ "$(tree_of "$tree/$folder")" = "$tree" ] || continue
		printf '%s\t%s\n' "$folder" "$made"
	done
}

has_i915()
{
	[ -f "$1/$I915/i915_drv.h" ] || [ -n "$(i915_of_tree "$1")" ]
}

# builds CONFIG TREE FOLDER MODULE: y or m if that configuration builds it, by the makefiles on the way to the folder; nothing if it does not.
builds()
{
	local at="$3" how

	how=$(MAKES=$4.o awk -f "$ROOM/pipeline/makes.awk" "$1" "$2/$3/Makefile")
	while [ -n "$how" ]; do
		case $at in
		*/*) ;;
		*) break ;;
		esac
		[ ! -f "$2/${at%/*}/Makefile" ] || [ -n "$(MAKES=${at##*/}/ awk -f "$ROOM/pipeline/makes.awk" "$1" "$2/${at%/*}/Makefile")" ] || how=
		at=${at%/*}
	done
	printf '%s\n' "$how"
}

# gpu_modules RELEASE: which modules of that kernel drive the Intel GPUs of this machine.
gpu_modules()
{
	local device

	intel_gpus | while IFS= read -r device; do
		modprobe -d "$ROOT/" -S "$1" -R "$(cat "$device/modalias")" 2>/dev/null
	done
}

# named_drivers: on stdin lines of i915_of_tree, for a message.
named_drivers()
{
	awk -F'\t' '{ print $1 " (" $2 ")" }' | joined
}

# choose_i915 TREE KDIR RELEASE: sets I915, DRIVER and SYMBOL to the folder, the module and the configuration's symbol of the one that is meant:
# the one that I915_DIR names, the only one, the only one that the configuration in KDIR builds, or what drives the GPU of this machine
# under RELEASE. KDIR and RELEASE may be nothing. Ends here where the tree has none.
choose_i915()
{
	local all wished config built folder module symbol

	all=$(i915_of_tree "$1")
	[ -n "$all" ] || [ -f "$1/$I915/i915_drv.h" ] || not_a_tree "$1" "$3"
	wished=$(setting I915_DIR "$3")
	built=$all
	config=${2:+$(config_of "$2")}
	if [ -n "$wished" ]; then
		built=$(printf '%s\n' "$all" | WISHED=${wished%/} awk -F'\t' '$1 == ENVIRON["WISHED"]')
		[ -n "$built" ] || die no-such-i915 source="$1" folder="$wished" drivers="$(printf '%s\n' "$all" | named_drivers)"
	elif is_several "$built" && [ -n "$config" ]; then
		built=$(printf '%s\n' "$all" | while IFS='	' read -r folder module symbol; do
			[ -z "$(builds "$config" "$1" "$folder" "$module")" ] || printf '%s\t%s\t%s\n' "$folder" "$module" "$symbol"
		done)
		[ -n "$built" ] || die no-i915-built source="$1" drivers="$(printf '%s\n' "$all" | named_drivers)" config="$config"
		if is_several "$built" && [ -n "$3" ]; then
			gpu_modules "$3" | sort -u >"$WORK/gpu"
			module=$(printf '%s\n' "$built" | awk -F'\t' 'FILENAME == ARGV[1] { drives[$1]; next } { name = $2; gsub(/-/, "_", name) } name in drives' "$WORK/gpu" -)
			built=${module:-$built}
		fi
	fi
	! is_several "$built" || die several-i915 source="$1" drivers="$(printf '%s\n' "$built" | named_drivers)"
	[ -n "$built" ] || return 0
	IFS='	' read -r I915 DRIVER SYMBOL <<-EOT
		$built
	EOT
	SYMBOL=${SYMBOL:-CONFIG_DRM_I915}
}

# not_a_tree TREE RELEASE: it is none with an i915 in it.
not_a_tree()
{
	[ -f "$1/Makefile" ] && [ -d "$1/drivers" ] ||
		die source-not-a-tree source="$1" setting="$(source_setting "$2")"
	[ ! -d "$1/$I915" ] ||
		die source-cut folder="$1/$I915" setting="$(source_setting "$2")"
	die source-without-i915 source="$1" setting="$(source_setting "$2")"
}

is_several()
{
	[ "$(printf '%s\n' "$1" | wc -l)" -gt 1 ]
}

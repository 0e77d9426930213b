# SPDX-License-Identifier: GPL-2.0-only
#
# makes - does a makefile of kbuild make $MAKES, an object or a folder, by a kernel's configuration? The files are the configuration and the
# makefile. Prints y or m; nothing if it does not. A condition on anything but the configuration counts as true.

# config(TEXT): with the value of each symbol in its place.
function config(text,   name) {
	while (match(text, /[$][({]CONFIG_[A-Za-z0-9_]+[)}]/)) {
		name = substr(text, RSTART + 2, RLENGTH - 3)
		text = substr(text, 1, RSTART - 1) value[name] substr(text, RSTART + RLENGTH)
	}
	return text
}

# holds(WORD, TEXT): the condition of ifdef, ifeq and their likes; -1 where that cannot be told.
function holds(word, text,   part, same) {
	gsub(/^[ \t]+|[ \t]+$/, "", text)
	if (word ~ /def$/)
		return text ~ /^CONFIG_/ ? (value[text] != "") == (word == "ifdef") : -1
	text = config(text)
	if (text ~ /[$]/)
		return -1
	if (text ~ /^\(.*\)$/) {
		split(substr(text, 2, length(text) - 2), part, ",")
	} else {
		gsub(/["\047]/, " ", text)
		split(text, part, " ")
	}
	gsub(/[ \t]/, "", part[1])
	gsub(/[ \t]/, "", part[2])
	same = part[1] == part[2]
	return same == (word == "ifeq")
}

# off: is what stands here left out?
function off(   i) {
	for (i = 1; i <= depth; i++)
		if (!state[i])
			return 1
	return 0
}

FILENAME == ARGV[1] {
	if (/^CONFIG_/)
		value[substr($0, 1, index($0, "=") - 1)] = substr($0, index($0, "=") + 1)
	next
}

{ sub(/#.*|\r$/, ""); line = line $0 }
sub(/\\[ \t]*$/, " ", line) { next }
{
	text = line
	line = ""
	sub(/^[ \t]+/, "", text)
	other = sub(/^else[ \t]*/, "", text)
	if (other) {
		# what cannot be told is true, and so is its other side
		state[depth] = taken[depth] > 0 ? 0 : taken[depth] < 0 ? -1 : 1
	}
	if (match(text, /^ifn?(def|eq)/)) {
		word = substr(text, 1, RLENGTH)
		if (!other)
			taken[++depth] = 0
		if (!other || state[depth])
			state[depth] = holds(word, substr(text, RLENGTH + 1))
		if (state[depth])
			taken[depth] = state[depth]
		next
	}
	if (other)
		next
	if (text ~ /^endif/) {
		depth--
		next
	}
	if (text !~ /^obj-[^ \t]*[ \t]*[+:]?=/ || off())
		next
	how = config(substr(text, 5, match(text, /[ \t+:=]/) - 5))
	if (how !~ /^[ym]$/)
		next
	n = split(substr(text, index(text, "=") + 1), made, " ")
	for (i = 1; i <= n; i++)
		if (made[i] == ENVIRON["MAKES"] && found != "y")
			found = how
}

END { if (found != "") print found }

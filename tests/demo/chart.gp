# SPDX-License-Identifier: GPL-2.0-only
#
# chart - VMAs and memory against importers that came and went. Called as
#   gnuplot -e "terminal='...'; output='...'; left='FILE'; right='FILE'; left_name=...; right_name=..." chart.gp
# The files hold IMPORTERS VMAS KIB on each line.

eval "set terminal ".terminal
if (output ne "") set output output
set key left top
set xlabel "importers that came and went"
set ylabel "VMAs left"
# There is no room for it beside a chart made of characters.
if (terminal[1:4] ne "dumb") set y2label "memory (MiB)"
set ytics nomirror
set y2tics
set yrange [0:*]
set y2range [0:*]
plot left using 1:2 with linespoints title left_name.", VMAs", \
     right using 1:2 with linespoints title right_name.", VMAs", \
     left using 1:($3 / 1024) axes x1y2 with lines title left_name.", MiB", \
     right using 1:($3 / 1024) axes x1y2 with lines title right_name.", MiB"

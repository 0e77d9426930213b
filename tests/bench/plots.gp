# SPDX-License-Identifier: GPL-2.0-only
#
# plots - of docs/results, as RELEASE-hold.svg and RELEASE-memory.svg. Called as
# gnuplot -e "data='DIR'; docs='docs/results'; release='RELEASE'" plots.gp; the files in DIR:
#   hold.2015 hold.ours        VMAS NANOSECONDS
#   memory.stock memory.ours   IMPORTERS VMAS KIB

set terminal svg size 720,400 font "sans-serif,13" background "white"
set key left top
set grid ytics

set output docs."/".release."-hold.svg"
set xlabel "VMAs of the context that is destroyed"
set ylabel "struct_mutex held at once, at most (ms)"
set yrange [0:*]
plot data."/hold.2015" using 1:($2 / 1e6) with linespoints title "fix of 2015", \
     data."/hold.ours" using 1:($2 / 1e6) with linespoints title "this series"

set output docs."/".release."-memory.svg"
set xlabel "importers that came and went"
set ylabel "memory that did not come back (MiB)"
set yrange [*:*]
plot data."/memory.stock" using 1:($3 / 1024) with linespoints title "stock", \
     data."/memory.ours" using 1:($3 / 1024) with linespoints title "this series"

// SPDX-License-Identifier: GPL-2.0-only
/*
 * camera - the virtual GPU takes a picture of what the first pipe shows, and keeps it; its CRC is printed.
 *   camera [WIDTH HEIGHT COLOR [LEFT TOP RIGHT BOTTOM COLOR]]
 * Status 1: that is not a screen of one color with a window of another. Status 77: there is no camera, or nothing on.
 */
#include "gate.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	WIDTH = 1, HEIGHT, COLOR, LEFT, TOP, RIGHT, BOTTOM, WINDOW_COLOR, WORDS
};

static uint32_t expected_crc(const uint32_t word[WORDS])
{
	uint32_t crc = ~0u;

	for (uint32_t y = 0; y < word[HEIGHT]; y++)
		for (uint32_t x = 0; x < word[WIDTH]; x++) {
			const bool covered = x >= word[LEFT] && x < word[RIGHT] && y >= word[TOP] && y < word[BOTTOM];

			crc = picture_crc_add(crc, word[covered ? WINDOW_COLOR : COLOR]);
		}
	return ~crc;
}

int main(int argc, char **argv)
{
	volatile uint32_t *picture = gate_picture();
	uint32_t word[WORDS] = { 0 }, crc;

	if (!picture)
		return 77;
	*picture = 0;
	crc = *picture;
	if (!crc)
		return 77;
	printf("%08x\n", crc);
	for (int i = 1; i < argc && i < WORDS; i++)
		word[i] = strtoul(argv[i], NULL, i == COLOR || i == WINDOW_COLOR ? 16 : 10);
	return argc > 1 && crc != expected_crc(word);
}

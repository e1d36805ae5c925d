import type { Random } from './random.ts';

/** Side of an image in pixels, as in MNIST. */
export const SIDE = 28;

type Point = readonly [x: number, y: number];
type Stroke = readonly Point[];

/** A circle's arc as points; angles in turns, clockwise from the right, y downwards. */
function arc(center: Point, radius: Point, turns: Point): Stroke {
  const points: Point[] = [];
  for (let step = 0; step <= 12; step++) {
    const angle = 2 * Math.PI * (turns[0] + ((turns[1] - turns[0]) * step) / 12);
    points.push([center[0] + radius[0] * Math.cos(angle), center[1] + radius[1] * Math.sin(angle)]);
  }
  return points;
}

/** How a hand writes each digit, in a unit square; several ways for some. */
const GLYPHS: readonly (readonly (readonly Stroke[])[])[] = [
  [[arc([0.5, 0.5], [0.28, 0.42], [0, 1])]],
  [
    [
      [
        [0.5, 0.08],
        [0.5, 0.92],
      ],
    ],
    [
      [
        [0.32, 0.28],
        [0.54, 0.08],
        [0.54, 0.92],
      ],
    ],
    [
      [
        [0.35, 0.25],
        [0.52, 0.08],
        [0.52, 0.92],
      ],
      [
        [0.3, 0.92],
        [0.74, 0.92],
      ],
    ],
  ],
  [
    [[...arc([0.5, 0.32], [0.28, 0.24], [-0.5, 0.1]), [0.22, 0.92], [0.8, 0.92]]],
    [[...arc([0.48, 0.3], [0.25, 0.22], [-0.45, 0.15]), [0.25, 0.85], [0.4, 0.78], [0.8, 0.9]]],
  ],
  [[[...arc([0.46, 0.3], [0.26, 0.21], [-0.42, 0.25]), ...arc([0.46, 0.71], [0.3, 0.21], [-0.25, 0.42])]]],
  [
    [
      [
        [0.6, 0.08],
        [0.2, 0.62],
        [0.82, 0.62],
      ],
      [
        [0.62, 0.35],
        [0.62, 0.94],
      ],
    ],
    [
      [
        [0.28, 0.1],
        [0.24, 0.5],
        [0.72, 0.52],
      ],
      [
        [0.72, 0.1],
        [0.7, 0.92],
      ],
    ],
  ],
  [[[[0.76, 0.08], [0.3, 0.08], [0.27, 0.45], ...arc([0.48, 0.66], [0.28, 0.26], [-0.3, 0.4])]]],
  [[[[0.66, 0.06], [0.36, 0.4], ...arc([0.5, 0.68], [0.24, 0.24], [0.5, -0.5])]]],
  [
    [
      [
        [0.2, 0.1],
        [0.8, 0.1],
        [0.42, 0.92],
      ],
    ],
    [
      [
        [0.2, 0.1],
        [0.8, 0.1],
        [0.42, 0.92],
      ],
      [
        [0.36, 0.5],
        [0.72, 0.5],
      ],
    ],
  ],
  [[arc([0.5, 0.29], [0.22, 0.21], [0.25, 1.25]), arc([0.5, 0.71], [0.27, 0.22], [-0.25, 0.75])]],
  [[[...arc([0.5, 0.32], [0.24, 0.24], [0, 1]), [0.74, 0.34], [0.66, 0.94]]]],
];

/**
 * One grey image (28 x 28, 0 black to 255 white, row by row) of a digit in a random hand: slant, size, place,
 * wobble and pen width vary, and noise is added.
 */
export function drawDigit(digit: number, random: Random): Uint8Array {
  const ways = GLYPHS[digit] as (typeof GLYPHS)[number];
  const strokes = ways[random.below(ways.length)] as readonly Stroke[];
  const place = placement(random);
  const wobbled = strokes.map(stroke => stroke.map(point => place(jitter(point, random))));
  return render(wobbled, { pen: random.between(0.8, 1.7), noise: 26, random });
}

function jitter([x, y]: Point, random: Random): Point {
  return [x + 0.035 * random.normal(), y + 0.035 * random.normal()];
}

/** A random map from the unit square to pixels. */
function placement(random: Random): (point: Point) => Point {
  const scale: Point = [random.between(13, 20), random.between(15, 21)];
  const [slant, turn] = [random.between(-0.35, 0.35), random.between(-0.3, 0.3)];
  const shift: Point = [14 + random.between(-2.5, 2.5), 14 + random.between(-2.5, 2.5)];
  return ([px, py]) => {
    const [x, y] = [(px - 0.5) * scale[0] - slant * (py - 0.5) * scale[1], (py - 0.5) * scale[1]];
    return [
      shift[0] + x * Math.cos(turn) - y * Math.sin(turn),
      shift[1] + x * Math.sin(turn) + y * Math.cos(turn),
    ];
  };
}

interface Ink {
  readonly pen: number;
  readonly noise: number;
  readonly random: Random;
}

function render(strokes: readonly Stroke[], ink: Ink): Uint8Array {
  const pixels = new Uint8Array(SIDE * SIDE);
  for (let index = 0; index < pixels.length; index++) {
    const distance = distanceTo(strokes, [(index % SIDE) + 0.5, Math.floor(index / SIDE) + 0.5]);
    const grey = 255 * Math.min(1, Math.max(0, ink.pen + 0.6 - distance)) + ink.noise * ink.random.normal();
    pixels[index] = Math.min(255, Math.max(0, Math.round(grey)));
  }
  return pixels;
}

function distanceTo(strokes: readonly Stroke[], pixel: Point): number {
  let nearest = Number.POSITIVE_INFINITY;
  for (const stroke of strokes)
    for (let index = 1; index < stroke.length; index++)
      nearest = Math.min(nearest, segmentDistance(stroke[index - 1] as Point, stroke[index] as Point, pixel));
  return nearest;
}

function segmentDistance(from: Point, to: Point, point: Point): number {
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const along = ((point[0] - from[0]) * dx + (point[1] - from[1]) * dy) / (dx * dx + dy * dy || 1);
  const clamped = Math.min(1, Math.max(0, along));
  return Math.hypot(point[0] - from[0] - clamped * dx, point[1] - from[1] - clamped * dy);
}

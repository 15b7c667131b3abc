/** A colour as `#rrggbb` in lower case. */
export type HexColor = string & { readonly __brand: 'HexColor' };

type Channels = readonly [red: number, green: number, blue: number];

const FORM = /^#(?:[0-9a-f]{3}|[0-9a-f]{6})$/i;

/** Reads a colour such as `#0a7` or `#00aa77`. @returns undefined if it is none. */
export function readHexColor(text: string): HexColor | undefined {
  if (!FORM.test(text)) {
    return undefined;
  }
  const digits = text.slice(1).toLowerCase();
  return `#${digits.length === 3 ? digits.replace(/./g, '$&$&') : digits}` as HexColor;
}

/** The contrast of two colours, from 1 to 21 (WCAG 2.2, "contrast ratio"). */
export function getContrast(a: HexColor, b: HexColor): number {
  const [lighter = 0, darker = 0] = [getLuminance(a), getLuminance(b)].sort((x, y) => y - x);
  return (lighter + 0.05) / (darker + 0.05);
}

/** The lowest contrast that a colour has to any of some others. */
export function getLowestContrast(color: HexColor, others: readonly HexColor[]): number {
  return Math.min(...others.map((other) => getContrast(color, other)));
}

/** A mixture. @param share how much of the second colour is in it, from 0 to 1. */
export function mix(first: HexColor, second: HexColor, share: number): HexColor {
  const other = toChannels(second);
  return toHex(toChannels(first).map((value, index) => value + ((other[index] ?? 0) - value) * share));
}

/**
 * The weakest mixture of a colour with a strong one that has enough contrast.
 * @param share where to begin.
 * @returns the strong colour itself if no mixture has enough.
 */
export function mixUntil(
  weak: HexColor,
  strong: HexColor,
  share: number,
  hasEnough: (mixture: HexColor) => boolean,
): HexColor {
  for (let current = share; current < 1; current += 0.02) {
    const mixture = mix(weak, strong, current);
    if (hasEnough(mixture)) {
      return mixture;
    }
  }
  return strong;
}

function getLuminance(color: HexColor): number {
  const [red, green, blue] = toChannels(color).map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * (red ?? 0) + 0.7152 * (green ?? 0) + 0.0722 * (blue ?? 0);
}

function toChannels(color: HexColor): Channels {
  const read = (start: number): number => Number.parseInt(color.slice(start, start + 2), 16);
  return [read(1), read(3), read(5)];
}

function toHex(channels: readonly number[]): HexColor {
  return `#${channels.map((value) => Math.round(value).toString(16).padStart(2, '0')).join('')}` as HexColor;
}

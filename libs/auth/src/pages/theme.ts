import { ConfigurationError } from '../config/configuration.error.js';
import { describeValue } from '../config/describe-value.js';
import { getContrast, getLowestContrast, mix, mixUntil, readHexColor, type HexColor } from './colors.js';

/** The colours of a page, each as `#rrggbb` or `#rgb`. All others are made from these. */
export interface PageColors {
  /** Buttons, links and focus. */
  accent?: string | undefined;
  /** Behind everything. */
  background?: string | undefined;
  /** Behind a form. */
  surface?: string | undefined;
  /** What is read. */
  text?: string | undefined;
}

type Base = Readonly<Record<keyof PageColors, HexColor>>;

/** Custom properties of the style sheet, for one colour scheme. */
export type Theme = Readonly<Record<`--${string}`, HexColor>>;

/** Text (WCAG 2.2, 1.4.3), and what is needed to see a control (1.4.11). */
const TEXT_CONTRAST = 4.5;
const CONTROL_CONTRAST = 3;

const color = (text: string): HexColor => text as HexColor;

const DEFAULTS: Readonly<Record<'light' | 'dark', Base>> = {
  light: {
    accent: color('#1f6b52'),
    background: color('#f4f3ee'),
    surface: color('#fffefa'),
    text: color('#1c2420'),
  },
  dark: {
    accent: color('#86d5b3'),
    background: color('#111613'),
    surface: color('#191f1c'),
    text: color('#e9ede9'),
  },
};

/**
 * Makes all colours of a scheme from the few that an app chooses.
 * @throws ConfigurationError if one is no colour, or has too little contrast to what it stands on.
 */
export function createTheme(scheme: 'light' | 'dark', colors: PageColors = {}): Theme {
  const read = (name: keyof PageColors): HexColor => {
    const given = colors[name];
    const value = given === undefined ? DEFAULTS[scheme][name] : readHexColor(given);
    if (value === undefined) {
      throw new ConfigurationError(
        `colors.${scheme}.${name} is ${describeValue(given)}: write a colour such as '#1f6b52'.`,
      );
    }
    return value;
  };
  const [accent, background, surface, text] = [read('accent'), read('background'), read('surface'), read('text')];
  const wash = mix(surface, accent, 0.12);
  const grounds = [background, surface, wash];
  const assertContrast = (name: 'accent' | 'text', value: HexColor): void => {
    const contrast = getLowestContrast(value, grounds);
    if (contrast < TEXT_CONTRAST) {
      throw new ConfigurationError(
        `colors.${scheme}.${name} is '${value}', whose contrast is only ${contrast.toFixed(1)} to what it stands on: write a colour with at least ${String(TEXT_CONTRAST)} (WCAG 2.2 AA).`,
      );
    }
  };
  assertContrast('text', text);
  assertContrast('accent', accent);

  const isReadable = (ground: readonly HexColor[]) => (mixture: HexColor) =>
    getLowestContrast(mixture, ground) >= TEXT_CONTRAST;
  const onAccent =
    getContrast(color('#ffffff'), accent) >= getContrast(color('#0b120e'), accent)
      ? color('#ffffff')
      : color('#0b120e');
  const contrast = getContrast(onAccent, accent);
  if (contrast < TEXT_CONTRAST) {
    throw new ConfigurationError(
      `colors.${scheme}.accent is '${accent}', on which text has a contrast of only ${contrast.toFixed(1)}: write a lighter or a darker colour (WCAG 2.2 AA).`,
    );
  }
  const strong = color(onAccent === '#ffffff' ? '#000000' : '#ffffff');
  const red = color(getContrast(text, color('#000000')) < getContrast(text, color('#ffffff')) ? '#b3261e' : '#ff8a7c');
  const dangerWash = mix(surface, red, 0.1);
  return {
    '--background': background,
    '--surface': surface,
    '--text': text,
    '--soft': mixUntil(background, text, 0.6, isReadable(grounds)),
    '--line': mix(surface, text, 0.14),
    '--edge': mixUntil(
      background,
      text,
      0.4,
      (mixture) => getLowestContrast(mixture, [background, surface]) >= CONTROL_CONTRAST,
    ),
    '--accent': accent,
    '--accent-strong': mix(accent, strong, 0.18),
    '--on-accent': onAccent,
    '--wash': wash,
    '--danger': mixUntil(red, text, 0, isReadable([background, surface, dangerWash])),
    '--danger-wash': dangerWash,
  };
}

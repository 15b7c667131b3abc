/** What people call the thing that they sign in with. What cannot be told is undefined. */
export interface DeviceName {
  /** Such as `Firefox`. */
  readonly browser: string | undefined;
  /** The operating system, such as `Windows`. */
  readonly os: string | undefined;
  readonly type: 'desktop' | 'mobile' | 'tablet' | 'unknown';
}

type Names = readonly (readonly [pattern: RegExp, name: string])[];

/** In this order, since most browsers also name those that they came from. */
const BROWSERS: Names = [
  [/\b(?:Edg|Edge|EdgA|EdgiOS)\//, 'Edge'],
  [/\b(?:OPR|Opera|OPiOS)\//, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\bVivaldi\//, 'Vivaldi'],
  [/\bYaBrowser\//, 'Yandex'],
  [/\b(?:DuckDuckGo|Ddg)\//, 'DuckDuckGo'],
  [/\b(?:Firefox|FxiOS)\//, 'Firefox'],
  [/\bHeadlessChrome\//, 'Chrome'],
  [/\b(?:Chrome|CriOS|Chromium)\//, 'Chrome'],
  [/\bVersion\/[\d.]+.*\bSafari\//, 'Safari'],
  [/\bTrident\/|\bMSIE /, 'Internet Explorer'],
];

const SYSTEMS: Names = [
  [/\b(?:iPhone|iPod)\b/, 'iOS'],
  [/\biPad\b/, 'iPadOS'],
  [/\bAndroid\b/, 'Android'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac OS X\b|\bMacintosh\b/, 'macOS'],
  [/\bCFNetwork\/.*\bDarwin\//, 'iOS'],
  [/\bLinux\b|\bX11\b/, 'Linux'],
];

/** Reads a name from what a client says of itself, which is its own to choose: for people to look at, not to decide by. */
export function nameDevice(userAgent: string | null): DeviceName {
  const text = userAgent ?? '';
  const find = (names: Names): string | undefined => names.find(([pattern]) => pattern.test(text))?.[1];
  const [browser, os] = [find(BROWSERS), find(SYSTEMS)];
  return { browser, os, type: typeOf(text, os) };
}

function typeOf(text: string, os: string | undefined): DeviceName['type'] {
  switch (os) {
    case undefined:
      return 'unknown';
    case 'iOS':
      return 'mobile';
    case 'iPadOS':
      return 'tablet';
    case 'Android':
      // Android's browsers leave the word out on tablets.
      return /\bMobile\b/.test(text) ? 'mobile' : 'tablet';
    default:
      return 'desktop';
  }
}

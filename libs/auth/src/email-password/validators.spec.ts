import fc from 'fast-check';
import {
  MAX_PASSWORD_LENGTH,
  validateEmail,
  validatePassword,
  withEmailBounds,
  withPasswordBounds,
} from './validators.js';

describe('the default email validator', () => {
  it.each([
    'ada@example.com',
    'Ada.Lovelace+tag@Mail.Example.CO.UK',
    "o'brien_x-1@example-site.io",
    'ünïcode@example.com',
    'почта@example.com',
    '1@2.co',
    'ada@xn--80ak6aa92e.xn--p1ai',
    `${'a'.repeat(64)}@example.com`,
    `ada@${'a'.repeat(63)}.com`,
  ])('takes %s', (email) => {
    expect(validateEmail(email)).toBeUndefined();
  });

  it.each([
    '',
    'ada',
    '@example.com',
    'ada@',
    'ada@localhost',
    'ada@example',
    'ada@example.c',
    'ada@example..com',
    'ada@.example.com',
    'ada@example.com.',
    'ada@-example.com',
    'ada@example-.com',
    'ada@exa_mple.com',
    'ada@example.c0m@example',
    'ada@eve@example.com',
    '.ada@example.com',
    'ada.@example.com',
    'a..da@example.com',
    'a da@example.com',
    'ada@exam ple.com',
    'ada,eve@example.com',
    'ada;eve@example.com',
    'ada\u037Eeve@example.com',
    '<ada@example.com>',
    'ada(comment)@example.com',
    '"ada eve"@example.com',
    '"eve@example.org ada"@example.com',
    'ada@[127.0.0.1]',
    'ada@127.0.0.1',
    'ada@example.com\r\nBcc: eve@example.com',
    'ada\u0000@example.com',
    'ada\u00A0eve@example.com',
    'ada\u200B@example.com',
    'ada\u202E@example.com',
    'ada\uD800@example.com',
    `${'a'.repeat(65)}@example.com`,
    `ada@${'a'.repeat(64)}.com`,
    `ada@${'a.'.repeat(130)}com`,
  ])('says "Email is invalid" of %j', (email) => {
    expect(validateEmail(email)).toBe('Email is invalid');
  });

  it.each([[1], [null], [['ada@example.com']]])('says "Email is invalid" of %j, which is no string', (email) => {
    expect(validateEmail(email)).toBe('Email is invalid');
  });

  it('decides on everything at once', () => {
    const started = performance.now();
    for (const hostile of [
      'a'.repeat(1e6),
      'a.'.repeat(5e5),
      `a@${'a-'.repeat(5e5)}`,
      `a@${'a.'.repeat(126)}`,
      '@'.repeat(254),
    ]) {
      expect(validateEmail(hostile)).toBe('Email is invalid');
    }
    expect(performance.now() - started).toBeLessThan(1000);
  });
});

describe('the default password validator', () => {
  it.each(['passw0rd', 'p4$$ word ', 'пароль12', '1234567a', `${'a'.repeat(98)}1`])('takes %j', (password) => {
    expect(validatePassword(password)).toBeUndefined();
  });

  it.each([
    ['', 'Password must contain at least 8 characters, including a number'],
    ['passw0r', 'Password must contain at least 8 characters, including a number'],
    [`${'a'.repeat(99)}1`, "Password's length must be lesser than 100 characters"],
    ['12345678', 'Password must contain at least one alphabet'],
    ['password', 'Password must contain at least one number'],
    ['........', 'Password must contain at least one alphabet'],
  ])('says of %j: %s', (password, message) => {
    expect(validatePassword(password)).toBe(message);
  });

  it('takes exactly the passwords of 8 to 99 characters with a letter and a digit', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', 'Z', '0', '9', ' ', '\n', '.'), maxLength: 110 }),
        (password) => {
          const isGood =
            password.length >= 8 && password.length < 100 && /[a-z]/i.test(password) && /[0-9]/.test(password);
          expect(validatePassword(password) === undefined).toBe(isGood);
        },
      ),
    );
  });
});

describe('the validators of an app', () => {
  it('are not asked about what nobody can have', () => {
    const ask = (): undefined => {
      throw new Error('asked');
    };
    expect(withEmailBounds(ask)('a'.repeat(1e6))).toBe('Email is invalid');
    expect(withEmailBounds(ask)('ada\u0000')).toBe('Email is invalid');
    expect(withEmailBounds(ask)(1)).toBe('Email is invalid');
    expect(withPasswordBounds(ask)('a'.repeat(MAX_PASSWORD_LENGTH + 1))).toBe(
      "Password's length must be lesser than 1025 characters",
    );
  });

  it('decide on everything else', () => {
    expect(withEmailBounds(() => undefined)('a-user-name')).toBeUndefined();
    expect(withEmailBounds(() => 'No')('ada@example.com')).toBe('No');
    expect(withPasswordBounds(() => undefined)('1')).toBeUndefined();
    expect(withPasswordBounds(() => undefined)('1'.repeat(MAX_PASSWORD_LENGTH))).toBeUndefined();
    expect(withPasswordBounds(() => 'No')('1')).toBe('No');
  });
});

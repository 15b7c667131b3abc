import { createAuthConfig } from '../config/auth-config.js';
import { ConfigurationError } from '../config/configuration.error.js';
import {
  emailPasswordOptionsSchema,
  normaliseEmailPasswordOptions,
  type EmailPasswordOptions,
} from './email-password.options.js';

function ruleIds({ signUpFeature }: EmailPasswordOptions): string[] {
  return normaliseEmailPasswordOptions({ signUpFeature }).signUpFormFields.map(({ id }) => id);
}

describe('the options of email and password', () => {
  it('are a form of email and password, and argon2id as OWASP advises, by default', () => {
    const config = normaliseEmailPasswordOptions({});
    expect(config.signUpFormFields.map(({ id, optional }) => ({ id, optional }))).toStrictEqual([
      { id: 'password', optional: false },
      { id: 'email', optional: false },
    ]);
    expect(config.passwordHashing).toStrictEqual({ memoryCost: 19_456, timeCost: 2, parallelism: 1 });
    expect([config.beforeSignUp, config.beforeSignIn, config.afterSignUp]).toStrictEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it("keep the order of the app's fields, and put after them what the app leaves out", () => {
    expect(ruleIds({ signUpFeature: { formFields: [{ id: 'name' }] } })).toStrictEqual(['name', 'password', 'email']);
    expect(ruleIds({ signUpFeature: { formFields: [{ id: 'email' }, { id: 'name' }] } })).toStrictEqual([
      'email',
      'name',
      'password',
    ]);
  });

  it('require a field of the app unless it is optional', () => {
    const { signUpFormFields } = normaliseEmailPasswordOptions({
      signUpFeature: { formFields: [{ id: 'name' }, { id: 'age', optional: true }] },
    });
    expect(signUpFormFields[0]).toMatchObject({ id: 'name', optional: false });
    expect(signUpFormFields[1]).toMatchObject({ id: 'age', optional: true });
    expect(signUpFormFields[0]?.validate({ any: 'value' })).toBeUndefined();
  });

  it('replace the validators of email and password; sign-in asks only that of the email', async () => {
    const config = normaliseEmailPasswordOptions({
      signUpFeature: {
        formFields: [
          { id: 'email', validate: () => 'email!' },
          { id: 'password', validate: () => Promise.resolve('password!') },
        ],
      },
    });
    const validate = async (form: typeof config.signUpFormFields, id: string): Promise<string | undefined> =>
      form.find((rule) => rule.id === id)?.validate('x');
    await expect(validate(config.signUpFormFields, 'email')).resolves.toBe('email!');
    await expect(validate(config.signUpFormFields, 'password')).resolves.toBe('password!');
    await expect(validate(config.signInFormFields, 'email')).resolves.toBe('email!');
    await expect(validate(config.signInFormFields, 'password')).resolves.toBeUndefined();
    await expect(config.validatePassword('x')).resolves.toBe('password!');
  });

  it("leave the app's fields out of the sign-in form", () => {
    const { signInFormFields } = normaliseEmailPasswordOptions({ signUpFeature: { formFields: [{ id: 'name' }] } });
    expect(signInFormFields.map(({ id }) => id)).toStrictEqual(['password', 'email']);
  });

  it.each<[string, EmailPasswordOptions]>([
    [
      "emailPassword.signUpFeature.formFields.2.id is 'name' like that of field 0: write each field once.",
      { signUpFeature: { formFields: [{ id: 'name' }, { id: 'age' }, { id: 'name' }] } },
    ],
    [
      "emailPassword.signUpFeature.formFields.0.optional is true for 'password', without which nobody can sign up: leave it out.",
      { signUpFeature: { formFields: [{ id: 'password', optional: true }] } },
    ],
    [
      "emailPassword.passwordHashing.memoryCost is 15, less than argon2's 8 KiB for each of 2 lanes: write 16 or more, and 19456 or more in production.",
      { passwordHashing: { memoryCost: 15, parallelism: 2 } },
    ],
    [
      'emailPassword.passwordHashing.timeCost is 5, which makes a sign-in take seconds with a memoryCost of 1048576: write 4 or less.',
      { passwordHashing: { memoryCost: 1_048_576, timeCost: 5 } },
    ],
  ])('stop the boot: %s', (message, options) => {
    expect(emailPasswordOptionsSchema.safeParse(options).success).toBe(true);
    expect(() => normaliseEmailPasswordOptions(options)).toThrow(new ConfigurationError(message));
  });

  it.each<[string, string, unknown]>([
    [
      'signUpFeature.formFields.0.id',
      "write the field's name, such as 'name'",
      { signUpFeature: { formFields: [{ id: ' ' }] } },
    ],
    [
      'signUpFeature.formFields.0.id',
      "write the field's name, such as 'name'",
      { signUpFeature: { formFields: [{}] } },
    ],
    ['signUpFeature.formFields.0', "write a field such as { id: 'name' }", { signUpFeature: { formFields: ['name'] } }],
    [
      'signUpFeature.formFields',
      "write an array of fields such as [{ id: 'name' }]",
      { signUpFeature: { formFields: {} } },
    ],
    [
      'signUpFeature.formFields.0.validate',
      'write a function',
      { signUpFeature: { formFields: [{ id: 'a', validate: /a/ }] } },
    ],
    [
      'signUpFeature.formFields.0.optional',
      'write true or false',
      { signUpFeature: { formFields: [{ id: 'a', optional: 1 }] } },
    ],
    ['signUpFeature', 'write an object with formFields', { signUpFeature: true }],
    ['passwordHashing', 'write an object with memoryCost, timeCost and parallelism', { passwordHashing: 'argon2' }],
    [
      'passwordHashing.memoryCost',
      'write a whole number of KiB from 1 to 1048576',
      { passwordHashing: { memoryCost: 2 ** 30 } },
    ],
    [
      'passwordHashing.timeCost',
      'write a whole number of passes from 1 to 4194304',
      { passwordHashing: { timeCost: 1.5 } },
    ],
    [
      'passwordHashing.parallelism',
      'write a whole number of lanes from 1 to 64',
      { passwordHashing: { parallelism: 0 } },
    ],
    ['beforeSignUp', 'write a function', { beforeSignUp: {} }],
    ['beforeSignIn', 'write a function', { beforeSignIn: true }],
    ['afterSignUp', 'write a function', { afterSignUp: 'log' }],
    ['', 'write an object with the options of email and password', false],
  ])('are refused at %s: %s', (path, message, options) => {
    const [issue] = emailPasswordOptionsSchema.safeParse(options).error?.issues ?? [];
    expect(issue?.path.join('.')).toBe(path);
    expect(issue?.message).toBe(message);
  });

  it.each<[string, string, unknown]>([
    ['', 'signUp', { signUp: {} }],
    ['signUpFeature', 'fields', { signUpFeature: { fields: [] } }],
    [
      'signUpFeature.formFields.0',
      'validator',
      { signUpFeature: { formFields: [{ id: 'a', validator: () => undefined }] } },
    ],
    ['passwordHashing', 'cost', { passwordHashing: { cost: 1 } }],
  ])('name the unknown option at %s: %s', (path, key, options) => {
    const [issue] = emailPasswordOptionsSchema.safeParse(options).error?.issues ?? [];
    expect(issue).toMatchObject({ code: 'unrecognized_keys', keys: [key] });
    expect(issue?.path.join('.')).toBe(path);
  });

  it.each<[string, unknown]>([
    [
      "emailPassword.signUpFeature.formFields.1.id is \"\": write the field's name, such as 'name'.",
      { signUpFeature: { formFields: [{ id: 'name' }, { id: '' }] } },
    ],
    [
      'emailPassword.passwordHashing.memoryCost is "19 MiB": write a whole number of KiB from 1 to 1048576.',
      { passwordHashing: { memoryCost: '19 MiB' } },
    ],
    [
      'emailPassword.beforeSignup is not an option: check its spelling against the options table, or leave it out.',
      { beforeSignup: () => undefined },
    ],
  ])('stop the boot of an app: %s', (message, options) => {
    const appInfo = { appName: 'Acme', apiDomain: 'localhost:3001', websiteDomain: 'localhost:3000' };
    // The options of an app that is not written in TypeScript.
    expect(() => createAuthConfig(appInfo, { emailPassword: options as EmailPasswordOptions })).toThrow(
      new ConfigurationError(message),
    );
  });
});

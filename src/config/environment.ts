import { Injectable } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { ConfigurationError, type EmailVerificationMode, type SmtpOptions } from 'nestward';
import type { ProviderCredentials, ProviderName } from './social-providers.js';

/** What the environment, or the file `.env`, says about this app. Nothing of it is needed. */
@Injectable()
export class Environment {
  /** `PORT`: where the app listens. Default: 3000. */
  readonly port: number;
  /**
   * `WEBSITE_DOMAIN`: the origin of a website of its own that uses this API, such as `examples/react-supertokens`. The library
   * checks it. Default: the API's origin, for the pages of this app.
   */
  readonly websiteDomain: string;
  /** `EMAIL_VERIFICATION`: whether people must prove their address. Default: undefined, which is `off`. */
  readonly emailVerification: EmailVerificationMode | undefined;
  /** `SMTP_HOST`, `SMTP_PORT`, `SMTP_USER`, `SMTP_PASSWORD`, `SMTP_FROM`: a mail server. Default: none. */
  readonly smtp: SmtpOptions | undefined;
  /** `DATA_DIR`: the folder of the database file. Default: `data`. */
  readonly dataDirectory: string;
  /** `DATABASE_URL`: a PostgreSQL in the place of the file. Default: none. */
  readonly databaseUrl: string | undefined;
  /** `ACCESS_TOKEN_LIFETIME`, in seconds. Default: the library's. */
  readonly accessTokenLifetime: number | undefined;
  /** `GOOGLE_CLIENT_ID`, `GOOGLE_CLIENT_SECRET` and so on; a provider without either is left out. */
  readonly providers: Readonly<Record<ProviderName, ProviderCredentials | undefined>>;

  /** @throws ConfigurationError if a variable has a value that cannot be used. */
  constructor(variables: ConfigService<Record<string, string>>) {
    const read = (name: string): string | undefined => {
      const value = variables.get<string>(name)?.trim();
      return value === '' ? undefined : value;
    };
    this.port = wholeNumber('PORT', read('PORT'), 65_535, 'a port from 1 to 65535') ?? 3000;
    this.websiteDomain = read('WEBSITE_DOMAIN') ?? this.origin;
    this.emailVerification = emailVerificationMode(read('EMAIL_VERIFICATION'));
    this.smtp = smtpOptions(read);
    this.dataDirectory = read('DATA_DIR') ?? 'data';
    this.databaseUrl = read('DATABASE_URL');
    const credentials = (name: string): ProviderCredentials | undefined => {
      const [clientId, clientSecret] = [read(`${name}_CLIENT_ID`), read(`${name}_CLIENT_SECRET`)];
      return clientId === undefined && clientSecret === undefined
        ? undefined
        : { clientId: clientId ?? '', clientSecret: clientSecret ?? '' };
    };
    this.providers = {
      google: credentials('GOOGLE'),
      github: credentials('GITHUB'),
      facebook: credentials('FACEBOOK'),
    };
    this.accessTokenLifetime = wholeNumber(
      'ACCESS_TOKEN_LIFETIME',
      read('ACCESS_TOKEN_LIFETIME'),
      Number.MAX_SAFE_INTEGER,
      'a whole number of seconds such as 3600',
    );
  }

  /** The origin of the API, and of the pages of this app. */
  get origin(): string {
    return `http://localhost:${String(this.port)}`;
  }
}

/** What the library says of a wrong value names its option, which is the variable's name in lower case. */
function smtpOptions(read: (name: string) => string | undefined): SmtpOptions | undefined {
  const host = read('SMTP_HOST');
  if (host === undefined) {
    return undefined;
  }
  const [user, pass, from] = [read('SMTP_USER'), read('SMTP_PASSWORD'), read('SMTP_FROM')];
  if (from === undefined) {
    throw new ConfigurationError(
      "SMTP_FROM is missing, and SMTP_HOST is set: write the sender, such as 'Acme <no-reply@acme.com>'.",
    );
  }
  return {
    host,
    port: wholeNumber('SMTP_PORT', read('SMTP_PORT'), 65_535, 'a port from 1 to 65535'),
    auth: user === undefined && pass === undefined ? undefined : { user: user ?? '', pass: pass ?? '' },
    from,
  };
}

function emailVerificationMode(value: string | undefined): EmailVerificationMode | undefined {
  switch (value?.toUpperCase()) {
    case undefined:
    case 'OFF':
      return undefined;
    case 'OPTIONAL':
      return 'OPTIONAL';
    case 'REQUIRED':
      return 'REQUIRED';
    default:
      throw new ConfigurationError(
        `EMAIL_VERIFICATION is ${JSON.stringify(value)}: write off, OPTIONAL or REQUIRED, or leave it out.`,
      );
  }
}

function wholeNumber(name: string, value: string | undefined, max: number, remedy: string): number | undefined {
  if (value === undefined) {
    return undefined;
  }
  const number = Number(value);
  if (!/^\d+$/.test(value) || number < 1 || number > max) {
    throw new ConfigurationError(`${name} is ${JSON.stringify(value)}: write ${remedy}, or leave it out.`);
  }
  return number;
}

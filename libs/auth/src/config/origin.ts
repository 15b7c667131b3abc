import { isIP } from 'node:net';
import { getDomain } from 'tldts';
import { ConfigurationError } from './configuration.error.js';
import { describeValue } from './describe-value.js';

/** A normalised web origin. */
export interface Origin {
  /** Scheme, host and port without a trailing slash, such as `https://api.acme.com`; a default port is left out. */
  readonly value: string;
  readonly isHttps: boolean;
  /** The host without the port, in lower case; an IPv6 address without its brackets. */
  readonly host: string;
  /** The registrable domain by the public suffix list, or the host itself where there is none (contract §3). */
  readonly topLevelDomain: string;
  /** Whether the host is `localhost` or an IP address. */
  readonly isLocal: boolean;
}

/**
 * Brings what a person writes for an origin into one form (contract §1): path, query and trailing slash are dropped, and
 * where there is no scheme it is `http` for localhost and IP addresses, else `https`.
 *
 * @param field names the value in the error, such as `appInfo.apiDomain`.
 * @param example what to write instead.
 * @throws ConfigurationError if it is no http(s) origin.
 */
export function normaliseOrigin(value: unknown, field: string, example: string): Origin {
  const refuse = (why: string): never => {
    throw new ConfigurationError(`${field} is ${describeValue(value)}, ${why}: write an origin such as '${example}'.`);
  };
  if (typeof value !== 'string' || value.trim() === '') {
    return refuse('which is no origin');
  }
  const text = value.trim();
  const hasScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text);
  if (hasScheme && !/^https?:\/\//i.test(text)) {
    return refuse('whose scheme is neither http nor https');
  }
  const url = parse(hasScheme ? text : `https://${text}`) ?? refuse('which cannot be read as a URL');
  if (url.username !== '' || url.password !== '') {
    throw new ConfigurationError(
      `${field} contains a user name or a password: write only the origin, such as '${example}'.`,
    );
  }
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  const isLocal = isLocalHost(host);
  if (!hasScheme && !isLocal && !host.includes('.')) {
    return refuse('which has neither a scheme nor a domain');
  }
  // Read again with the scheme that it gets: https would have dropped a port 443, and not a port 80.
  return describeOrigin(!hasScheme && isLocal ? new URL(`http://${text}`) : url, host, isLocal);
}

function describeOrigin(url: URL, host: string, isLocal: boolean): Origin {
  return {
    value: url.origin,
    isHttps: url.protocol === 'https:',
    host,
    topLevelDomain: isLocal ? host : (getDomain(host, { allowPrivateDomains: true }) ?? host),
    isLocal,
  };
}

/** Whether a host is `localhost` or an IP address. */
export function isLocalHost(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost') || isIP(host) !== 0;
}

function parse(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}

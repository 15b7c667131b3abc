import { isIP } from 'node:net';
import { getHeader, type HttpRequest } from '../http/http-request.js';
import type { SessionDevice } from '../storage/session.storage.js';

/** How much is kept of what a client says of itself, in UTF-16 code units. */
const MAX_USER_AGENT_LENGTH = 512;

/** A device of which nothing is known. */
export const UNKNOWN_DEVICE: SessionDevice = { userAgent: null, ipAddress: null };

/** What a request says of where it comes from: the header `User-Agent` (RFC 9110 §10.1.5), and the framework's `request.ip`. */
export function readDevice(request: HttpRequest): SessionDevice {
  const userAgent = (getHeader(request, 'user-agent') ?? '')
    .slice(0, MAX_USER_AGENT_LENGTH)
    .replace(/[\p{Cc}\p{Cs}]/gu, '')
    .trim();
  const ipAddress = (request.ip ?? '').replace(/^::ffff:(?=[\d.]+$)/i, '').replace(/%.*$/, '');
  return {
    userAgent: userAgent === '' ? null : userAgent,
    ipAddress: isIP(ipAddress) === 0 ? null : ipAddress,
  };
}

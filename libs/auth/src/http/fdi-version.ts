import { getHeader, type HttpRequest } from './http-request.js';

/** The versions of the Frontend Driver Interface that the library speaks, oldest first. */
export const FDI_VERSIONS = ['1.16', '1.17', '1.18', '1.19', '2.0', '3.0', '3.1', '4.0', '4.1', '4.2'] as const;

/** A version of the Frontend Driver Interface. */
export type FdiVersion = (typeof FDI_VERSIONS)[number];

const NEWEST: FdiVersion = '4.2';

/**
 * The version that a request is answered in: the greatest that both sides speak, and the newest where the client names
 * none that we know (contract §2).
 */
export function getFdiVersion(request: HttpRequest): FdiVersion {
  const offered = new Set(
    getHeader(request, 'fdi-version')
      ?.split(',')
      .map((version) => version.trim()),
  );
  return FDI_VERSIONS.findLast((version) => offered.has(version)) ?? NEWEST;
}

/** Whether a version describes a user by its login methods, as opposed to one flat record (contract §5). */
export function hasLoginMethods(version: FdiVersion): boolean {
  return version !== '1.16' && version !== '1.17' && version !== '2.0';
}

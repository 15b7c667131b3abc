import type { NormalisedAppInfo } from '../config/app-info.js';
import { BadInputException } from '../http/auth.exception.js';
import type { HttpRequest } from '../http/http-request.js';
import type { ProviderConnection } from './provider-connection.js';

/** The page of the website that people come back to in the flow of the frontend SDKs (contract §6). */
export function getWebsiteCallbackUri(
  { websiteBasePath, getWebsiteDomain }: NormalisedAppInfo,
  request: HttpRequest,
  thirdPartyId: string,
): string {
  return `${getWebsiteDomain(request).value}${websiteBasePath}/callback/${thirdPartyId}`;
}

/** The address of the API that people come back to in the redirect flow, and that Apple posts its form to. */
export function getApiCallbackUri({ issuer }: NormalisedAppInfo, thirdPartyId: string): string {
  return `${issuer}/callback/${thirdPartyId}`;
}

/**
 * Checks the redirect URI that a client names. It is compared character by character (RFC 9700 §2.1): what is nearly the
 * same may lead to somebody else.
 * @throws BadInputException if it is not allowed.
 */
export function assertRedirectUri(
  redirectUri: string,
  appInfo: NormalisedAppInfo,
  request: HttpRequest,
  { id, redirectUris }: ProviderConnection,
): void {
  const allowed = [
    getWebsiteCallbackUri(appInfo, request, id),
    ...redirectUris,
    // Apple posts a form, which a page of the website cannot receive.
    ...(id === 'apple' ? [getApiCallbackUri(appInfo, id)] : []),
  ];
  if (!allowed.includes(redirectUri)) {
    throw new BadInputException(
      `The redirect URI is not one of those of '${id}': it must be the website's callback page, or one of the client's redirectUris`,
    );
  }
}

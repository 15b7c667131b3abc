import type { CorsOptions, CorsOptionsDelegate } from '@nestjs/common/interfaces/external/cors-options.interface.js';
import { normaliseAppInfo, type AppInfo, type NormalisedAppInfo } from '../config/app-info.js';
import { getAllCORSHeaders } from './get-all-cors-headers.js';
import type { HttpRequest } from './http-request.js';

/**
 * What to give to `app.enableCors` for the website to reach the API across origins: the website's origin, credentials, and
 * the headers of the frontend SDKs (contract §2). Only an app that wants more than the module's own CORS needs it.
 *
 * @throws ConfigurationError if the appInfo is wrong.
 */
export function getCorsOptions(appInfo: AppInfo): CorsOptions | CorsOptionsDelegate<HttpRequest> {
  const normalised = normaliseAppInfo(appInfo);
  return normalised.hasDynamicWebsiteDomain
    ? (request, callback) => {
        callback(null, corsOptionsFor(normalised, request));
      }
    : corsOptionsFor(normalised, undefined);
}

function corsOptionsFor(appInfo: NormalisedAppInfo, request: HttpRequest | undefined): CorsOptions {
  return {
    origin: appInfo.getWebsiteDomain(request).value,
    credentials: true,
    allowedHeaders: ['content-type', ...getAllCORSHeaders()],
  };
}

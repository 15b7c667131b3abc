import { Catch, Inject, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { AUTH_CONFIG, type AuthConfig } from '../config/auth-config.js';
import type { JsonObject } from '../config/json.js';
import { TooManyRequestsException } from '../rate-limits/too-many-requests.exception.js';
import {
  DuplicateSessionCookiesException,
  InvalidClaimException,
  TokenTheftDetectedException,
  TryRefreshTokenException,
  UnauthorisedException,
} from '../session/session.exceptions.js';
import { SessionTransport } from '../session/session-transport.js';
import { AuthException, GeneralErrorException } from './auth.exception.js';
import type { HttpRequest } from './http-request.js';
import { appendToHeader, setHeader, type HttpResponse } from './http-response.js';

/** Turns the library's exceptions into the contract's answers. All others pass on to the app's own filters. */
@Catch(AuthException)
export class AuthExceptionFilter implements ExceptionFilter<AuthException> {
  private readonly logger = new Logger(AuthExceptionFilter.name);

  constructor(
    @Inject(HttpAdapterHost) private readonly adapterHost: HttpAdapterHost,
    @Inject(AUTH_CONFIG) private readonly config: AuthConfig,
    @Inject(SessionTransport) private readonly transport: SessionTransport,
  ) {}

  catch(exception: AuthException, host: ArgumentsHost): void {
    if (host.getType() !== 'http') {
      throw exception;
    }
    const http = host.switchToHttp();
    const request = http.getRequest<HttpRequest>();
    const response = http.getResponse<HttpResponse>();
    const { httpAdapter } = this.adapterHost;
    if (exception instanceof DuplicateSessionCookiesException) {
      this.logger.error(exception.message);
    }
    if (httpAdapter.isHeadersSent(response)) {
      this.logger.warn(`${exception.name} came after the answer had been sent: ${exception.message}`);
      return;
    }
    if (endsSession(exception)) {
      this.transport.clear(request, response);
    }
    if (exception instanceof TooManyRequestsException) {
      setHeader(response, 'retry-after', String(exception.retryAfterSeconds));
      // Scripts of another origin see no other headers.
      appendToHeader(response, 'access-control-expose-headers', ['retry-after']);
    }
    httpAdapter.reply(response, getBody(exception), this.getStatusCode(exception));
  }

  private getStatusCode(exception: AuthException): number {
    if (exception instanceof InvalidClaimException) {
      return this.config.session.invalidClaimStatusCode;
    }
    return exception.statusCode === 401 ? this.config.session.sessionExpiredStatusCode : exception.statusCode;
  }
}

/** Whether the answer takes the tokens from the client. */
function endsSession(exception: AuthException): boolean {
  return (
    exception instanceof TokenTheftDetectedException ||
    (exception instanceof UnauthorisedException && exception.clearTokens)
  );
}

function getBody(exception: AuthException): JsonObject {
  if (exception instanceof UnauthorisedException) {
    return { message: 'unauthorised' };
  }
  if (exception instanceof TryRefreshTokenException) {
    return { message: 'try refresh token' };
  }
  if (exception instanceof TokenTheftDetectedException) {
    return { message: 'token theft detected' };
  }
  if (exception instanceof InvalidClaimException) {
    return {
      message: 'invalid claim',
      claimValidationErrors: exception.claimValidationErrors.map(({ id, reason }) => ({ id, reason })),
    };
  }
  if (exception instanceof GeneralErrorException) {
    return { status: 'GENERAL_ERROR', message: exception.message };
  }
  return { message: exception.message };
}

import { Inject, Injectable, Logger } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { AUTH_CONFIG, type AuthConfig } from '../config/auth-config.js';
import { getAllCORSHeaders } from './get-all-cors-headers.js';
import { getHeader, type HttpRequest } from './http-request.js';
import { appendToHeader, setHeader, type HttpResponse } from './http-response.js';

const METHODS = 'GET,HEAD,PUT,PATCH,POST,DELETE';

/** How long a browser may remember the answer to a preflight, in seconds. */
const PREFLIGHT_MAX_AGE = '600';

/** The few things of an HTTP adapter that this needs; Nest types them with `any`. */
interface CorsHttpAdapter {
  getType(): string;
  use(middleware: (request: HttpRequest, response: HttpResponse & NodeEnd, next: () => void) => void): unknown;
  getInstance(): unknown;
  enableCors(...parameters: readonly unknown[]): unknown;
}

interface NodeEnd {
  statusCode: number;
  end(): unknown;
}

interface FastifyLike {
  addHook(
    name: 'onRequest',
    hook: (request: HttpRequest, reply: HttpResponse & FastifySend, done: () => void) => void,
  ): unknown;
}

interface FastifySend {
  code(statusCode: number): { send(): unknown };
}

/**
 * Answers CORS for the website's origin on every route of the app, errors of the body parser included, because an answer
 * that a script cannot read is an answer that the frontend SDK cannot act on (contract §2, §10).
 *
 * It sets up when it is constructed, which is before Nest registers anything else on the adapter. Once the app calls
 * `enableCors` itself, it steps back.
 */
@Injectable()
export class CorsService {
  private readonly logger = new Logger(CorsService.name);
  private isAnsweredByApp = false;

  constructor(
    @Inject(AUTH_CONFIG) private readonly config: AuthConfig,
    @Inject(HttpAdapterHost) adapterHost: HttpAdapterHost,
  ) {
    // Null in an application context, which serves nobody.
    const adapter = adapterHost.httpAdapter as CorsHttpAdapter | null | undefined;
    if (config.cors && adapter !== null && adapter !== undefined) {
      this.stepBackFor(adapter);
      this.install(adapter);
    }
  }

  private stepBackFor(adapter: CorsHttpAdapter): void {
    const enableCors = adapter.enableCors.bind(adapter);
    adapter.enableCors = (...parameters) => {
      this.isAnsweredByApp = true;
      return enableCors(...parameters);
    };
  }

  private install(adapter: CorsHttpAdapter): void {
    switch (adapter.getType()) {
      case 'express':
        adapter.use((request, response, next) => {
          if (this.answer(request, response) === 'preflight') {
            response.statusCode = 204;
            response.end();
          } else {
            next();
          }
        });
        break;
      case 'fastify':
        (adapter.getInstance() as FastifyLike).addHook('onRequest', (request, reply, done) => {
          if (this.answer(request, reply) === 'preflight') {
            reply.code(204).send();
          } else {
            done();
          }
        });
        break;
      default:
        this.logger.warn(
          `CORS is left to the app, because its HTTP adapter is neither Express nor Fastify: call app.enableCors(getCorsOptions(appInfo)).`,
        );
    }
  }

  /** Sets the headers of an answer. @returns whether the request was a preflight, which needs no other answer. */
  private answer(request: HttpRequest, response: HttpResponse): 'preflight' | 'request' {
    if (this.isAnsweredByApp) {
      return 'request';
    }
    appendToHeader(response, 'vary', ['Origin']);
    const origin = getHeader(request, 'origin');
    if (origin === undefined || origin !== this.config.appInfo.getWebsiteDomain(request).value) {
      return 'request';
    }
    setHeader(response, 'access-control-allow-origin', origin);
    setHeader(response, 'access-control-allow-credentials', 'true');
    if (request.method !== 'OPTIONS' || getHeader(request, 'access-control-request-method') === undefined) {
      return 'request';
    }
    const requested = getHeader(request, 'access-control-request-headers')?.split(',') ?? [];
    setHeader(response, 'access-control-allow-methods', METHODS);
    appendToHeader(response, 'access-control-allow-headers', ['content-type', ...getAllCORSHeaders(), ...requested]);
    setHeader(response, 'access-control-max-age', PREFLIGHT_MAX_AGE);
    return 'preflight';
  }
}

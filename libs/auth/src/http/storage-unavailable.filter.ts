import { Catch, Inject, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { StorageUnavailableError } from '../storage/storage-unavailable.error.js';
import { setHeader, type HttpResponse } from './http-response.js';

/** `Retry-After`: when a client may try again, in seconds. */
export const STORAGE_RETRY_AFTER = '1';

/** What the log says of it. */
export function describeStorageUnavailable({ message, cause }: StorageUnavailableError): string {
  return `${message}: ${cause instanceof Error ? cause.message : 'no details'}`;
}

/**
 * Answers 503 with `Retry-After` where the database was needed and is not available. No token is cleared: the session is
 * as good as before.
 */
@Catch(StorageUnavailableError)
export class StorageUnavailableFilter implements ExceptionFilter<StorageUnavailableError> {
  private readonly logger = new Logger(StorageUnavailableFilter.name);

  constructor(@Inject(HttpAdapterHost) private readonly adapterHost: HttpAdapterHost) {}

  catch(error: StorageUnavailableError, host: ArgumentsHost): void {
    this.logger.error(describeStorageUnavailable(error));
    if (host.getType() !== 'http') {
      throw error;
    }
    const response = host.switchToHttp().getResponse<HttpResponse>();
    const { httpAdapter } = this.adapterHost;
    if (!httpAdapter.isHeadersSent(response)) {
      setHeader(response, 'retry-after', STORAGE_RETRY_AFTER);
      httpAdapter.reply(response, { message: 'The service is not available; try again in a moment' }, 503);
    }
  }
}

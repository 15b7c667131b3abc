import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { BadInputException } from './auth.exception.js';

/** The only tenant there is (contract §9). */
export const PUBLIC_TENANT_ID = 'public';

/** The paths of routes, each as it is and below a tenant (contract §9). */
export function tenantPaths(...paths: readonly string[]): string[] {
  return paths.flatMap((path) => [path, `:tenantId/${path}`]);
}

/**
 * Lets a request pass whose path names no tenant or the only one there is (contract §9).
 */
@Injectable()
export class TenantGuard implements CanActivate {
  /** @throws BadInputException that names the tenant. */
  canActivate(context: ExecutionContext): boolean {
    const { params } = context.switchToHttp().getRequest<{ params?: Readonly<Record<string, string | undefined>> }>();
    const tenantId = params?.['tenantId'];
    if (tenantId !== undefined && tenantId !== PUBLIC_TENANT_ID) {
      throw new BadInputException(`There is no tenant '${tenantId}'; the only one is '${PUBLIC_TENANT_ID}'`);
    }
    return true;
  }
}

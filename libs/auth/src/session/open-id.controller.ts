import { Controller, Get, Header, Inject } from '@nestjs/common';
import { AUTH_CONFIG, type AuthConfig } from '../config/auth-config.js';
import { Public } from './public.decorator.js';
import type { PublicJwk } from './signing-key.js';
import { SigningKeyService } from './signing-key.service.js';

/** What other services need to verify the access tokens themselves (contract §4, OpenID Connect Discovery 1.0). */
@Public()
@Controller()
export class OpenIdController {
  constructor(
    @Inject(AUTH_CONFIG) private readonly config: AuthConfig,
    @Inject(SigningKeyService) private readonly keys: SigningKeyService,
  ) {}

  @Get('jwt/jwks.json')
  @Header('Access-Control-Allow-Origin', '*')
  @Header('Cache-Control', 'public, max-age=60, must-revalidate')
  async getJwks(): Promise<{ keys: PublicJwk[] }> {
    return { keys: await this.keys.getPublicJwks() };
  }

  @Get('.well-known/openid-configuration')
  @Header('Access-Control-Allow-Origin', '*')
  getConfiguration(): { issuer: string; jwks_uri: string; id_token_signing_alg_values_supported: string[] } {
    const { issuer } = this.config.appInfo;
    return {
      issuer,
      jwks_uri: `${issuer}/jwt/jwks.json`,
      id_token_signing_alg_values_supported: [this.config.session.signingAlgorithm],
    };
  }
}

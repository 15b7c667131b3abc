import { Module } from '@nestjs/common';
import { AuthModule } from 'nestward';
import { AuthPagesModule } from 'nestward/pages';
import { GreetingController } from './greeting.controller.js';

@Module({
  imports: [
    AuthModule.forRoot({
      appName: 'Package check',
      apiDomain: 'http://localhost:3000',
      websiteDomain: 'http://localhost:3000',
    }),
    AuthPagesModule.forRoot(),
  ],
  controllers: [GreetingController],
})
export class AppModule {}

import { Module } from '@nestjs/common';
import { AuthModule } from 'nestward';
import { GreetingController } from './greeting.controller.js';

@Module({
  imports: [
    AuthModule.forRoot({
      appName: 'Package check',
      apiDomain: 'http://localhost:3000',
      websiteDomain: 'http://localhost:3000',
    }),
  ],
  controllers: [GreetingController],
})
export class AppModule {}

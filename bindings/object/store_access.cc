#include "bindings/object/store_access.h"

#include <random>

namespace penstock::object {

Result<std::unique_ptr<StoreAccess>> StoreAccess::open(const StoreOptions& options, Scheduler& scheduler) {
  Result<std::unique_ptr<http::Client>> client = http::Client::open(options.client, scheduler);
  if (!client.ok()) return client.take_status();
  const std::string& sts_ca_path = options.place.vendor == Vendor::oss ? options.aliyun.sts_ca_path : options.aws.sts_ca_path;
  Result<std::unique_ptr<http::Client>> sts = http::Client::open(credentials::sts_client_options(sts_ca_path), scheduler);
  if (!sts.ok()) return Status(sts.status().code(), "credentials.sts_ca: " + sts.status().text());
  Result<std::unique_ptr<http::Client>> metadata = http::Client::open(credentials::metadata_client_options(), scheduler);
  if (!metadata.ok()) return metadata.take_status();
  return std::unique_ptr<StoreAccess>(new StoreAccess(options, scheduler, *std::move(client), *std::move(sts), *std::move(metadata)));
}

StoreAccess::StoreAccess(const StoreOptions& options, Scheduler& scheduler, std::unique_ptr<http::Client> client, std::unique_ptr<http::Client> sts,
                         std::unique_ptr<http::Client> metadata)
    : client_(std::move(client)),
      sts_(std::move(sts)),
      metadata_(std::move(metadata)),
      world_(credentials::this_machine(), scheduler, *sts_, *metadata_),
      source_(options.place.vendor == Vendor::oss ? credentials::aliyun_credentials(world_, options.aliyun) : credentials::aws_credentials(world_, options.aws)),
      cache_(world_, *source_, std::random_device()()) {}

StoreParts StoreAccess::parts(std::function<void(const std::string&)> on_message) {
  return {world_.scheduler, *client_, cache_, std::move(on_message)};
}

}  // namespace penstock::object

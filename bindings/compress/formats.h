// What each format's file gives to make_decompressor() and make_compressor(). Internal to this folder.
#pragma once
#include "bindings/compress/compressor.h"
#include "bindings/compress/decompressor.h"

namespace penstock {

std::unique_ptr<Decompressor> make_gzip_decompressor();
std::unique_ptr<Decompressor> make_zlib_decompressor();
std::unique_ptr<Decompressor> make_snappy_decompressor();
std::unique_ptr<Decompressor> make_snappy_block_decompressor();
std::unique_ptr<Decompressor> make_zstd_decompressor();
std::unique_ptr<Decompressor> make_lz4_decompressor();

std::unique_ptr<Compressor> make_gzip_compressor(int level);
std::unique_ptr<Compressor> make_snappy_compressor();
std::unique_ptr<Compressor> make_snappy_block_compressor();
std::unique_ptr<Compressor> make_zstd_compressor(int level);
std::unique_ptr<Compressor> make_lz4_compressor(int level);

}  // namespace penstock

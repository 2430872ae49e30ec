#include "bindings/codec/text_codecs.h"

namespace penstock {

void add_text_codecs(Components& components) {
  components.source_decoders["syslog_datagrams"] = make_syslog_datagram_decoder;
  components.decoders.insert({{"lines", make_lines_decoder},
                              {"nginx", make_nginx_decoder},
                              {"apache", make_apache_decoder},
                              {"syslog", make_syslog_decoder},
                              {"csv", make_csv_decoder},
                              {"logfmt", make_logfmt_decoder},
                              {"cef", make_cef_decoder},
                              {"regex", make_regex_decoder}});
  components.encoders.insert({{"csv", make_csv_encoder}, {"logfmt", make_logfmt_encoder}, {"raw", make_raw_encoder}});
}

}  // namespace penstock

#include "runtime/main/command_line.h"

#include <algorithm>

#include "runtime/base/nearest_name.h"

namespace penstock {

namespace {

void add_script(CLI::App* command, CommandLine& line) {
  command->add_option("script", line.run.program.script_path, "The Lua script")->type_name("SCRIPT");
  command->add_option("-e", line.run.program.script_text, "The script's text itself; p is predefined")->type_name("LUA");
}

void add_script_options(CLI::App* command, CommandLine& line) {
  command->add_option("--set", line.settings, "Sets a parameter that the script reads by p.param (may be repeated)")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);  // what follows may be the script
  command->add_option("--workers", line.run.program.workers, "Worker threads; one for each core by default")->type_name("N")->check(CLI::Range(1, 1024));
  command->add_option("--allow-exec", line.run.program.allow_exec, "Lets the script run this program by p.source.exec (may be repeated)")
      ->type_name("PROGRAM")
      ->allow_extra_args(false);
  command->add_flag("--unsafe", line.run.program.unsafe, "Gives the script all of Lua's libraries, files and commands too");
}

void add_require(CLI::App* command, CommandLine& line) {
  command->add_option_function<std::string>("--require", [&line](const std::string&) { line.run.program.require_no_loss = true; },
                                            "no-loss: refuses a script in which an edge is best effort, and says what to do")
      ->type_name("PROPERTY")
      ->check(CLI::IsMember({"no-loss"}));
}

void add_state(CLI::App* command, CommandLine& line, bool required) {
  auto* option = command->add_option("--state", line.run.program.state_directory, "Where checkpoints, spools, dead letters and verified destinations are kept")->type_name("DIR");
  if (required) option->required();
}

void add_log_options(CLI::App* command, CommandLine& line) {
  command->add_option("--log-level", line.log_level, "trace, debug, info, warn, error or off")
      ->type_name("LEVEL")
      ->check(CLI::IsMember({"trace", "debug", "info", "warn", "error", "off"}));
  command->add_option("--log-format", line.log_format, "text or json")->type_name("FORMAT")->check(CLI::IsMember({"text", "json"}));
}

// Every command of the group reads a script and chooses among its sinks.
CLI::App* add_destination(CLI::App& app, CommandLine& line) {
  CLI::App* const group = app.add_subcommand("destination", "Tries a script's destinations, proves that a bucket is yours, prints its policy");
  group->require_subcommand(1);
  DestinationOptions& options = line.destination;
  CLI::App* const verify = group->add_subcommand("verify", "Writes a token to the sink's bucket, and takes it back as the proof that the bucket is yours");
  verify->add_option("--token", options.token, "What stands in the token's file: the text, or env:NAME, or file:PATH; without it the file is written")->type_name("TOKEN");
  CLI::App* const policy = group->add_subcommand("policy", "Prints the policy that lets the sink write to its bucket, as JSON");
  policy->add_option("--principal", options.wishes.principal, "Who is let in: an ARN (S3) or a UID (OSS)")->type_name("NAME");
  policy->add_flag("--require-encryption", options.wishes.require_encryption, "Objects that do not ask for server-side encryption are refused");
  CLI::App* const test = group->add_subcommand("test", "Tries each network sink with one tiny delivery, and says what is wrong: name look-up, TCP, TLS, signature, permission");
  for (CLI::App* command : {verify, policy, test}) {
    add_script(command, line);
    add_script_options(command, line);
    add_state(command, line, false);
    command->add_option("--sink", options.sink, "Only this sink (PIPELINE/SINK, its name, or its pipeline's)")->type_name("SINK");
  }
  return group;
}

}  // namespace

std::unique_ptr<CLI::App> describe_command_line(CommandLine& line) {
  auto app = std::make_unique<CLI::App>("Penstock runs log pipelines that are written as Lua scripts.", "penstock");
  app->require_subcommand(1);

  auto* run = app->add_subcommand("run", "Runs the pipelines of a script");
  add_script(run, line);
  add_script_options(run, line);
  add_state(run, line, false);
  add_require(run, line);
  run->add_flag("--watch", line.run.watch_script, "Reads the script again whenever it or a module that it requires changes, as SIGHUP does");
  run->add_option("--admin", line.run.admin.address, "Serves /metrics, /healthz, /readyz and /api/v1/pipelines there; port 0 picks one")->type_name("HOST:PORT");
  run->add_option("--admin-token", line.run.admin.token, "What must be sent as a bearer token: env:NAME or file:PATH; required when HOST is not this machine")->type_name("SECRET");
  run->add_flag("--no-progress", line.no_progress, "Shows no progress on a terminal");

  auto* check = app->add_subcommand("check", "Declares, checks and compiles a script; runs nothing");
  add_script(check, line);
  add_script_options(check, line);
  add_state(check, line, false);
  add_require(check, line);

  auto* explain = app->add_subcommand("explain", "Shows the plan: what runs native, which fields are read, where Lua is entered and whether it is compiled, how far each edge can be trusted");
  add_script(explain, line);
  add_script_options(explain, line);
  add_state(explain, line, false);
  add_require(explain, line);

  auto* test = app->add_subcommand("test", "Runs the p.test cases of scripts");
  test->add_option("script", line.scripts, "Lua scripts")->type_name("SCRIPT")->required();
  add_script_options(test, line);

  auto* letters = app->add_subcommand("dead-letter", "Events that failed, and why");
  letters->require_subcommand(1);
  auto* list = letters->add_subcommand("list", "Counts letters by pipeline and reason");
  add_state(list, line, false);
  auto* show = letters->add_subcommand("show", "Prints letters as JSON lines, oldest first");
  show->add_option("pipeline", line.pipeline, "Only this pipeline's")->type_name("PIPELINE");
  show->add_option("--limit", line.limit, "At most so many")->type_name("N");
  add_state(show, line, false);
  auto* replay = letters->add_subcommand("replay", "Sends letters through the (mended) script again");
  replay->add_option("script", line.run.program.script_path, "The Lua script")->type_name("SCRIPT")->required();
  replay->add_option("pipeline", line.pipeline, "Only this pipeline's")->type_name("PIPELINE");
  add_script_options(replay, line);
  add_state(replay, line, false);

  auto* state = app->add_subcommand("state", "Checkpoints, spools, verified destinations: lists them, checks their integrity");
  state->require_subcommand(1);
  add_state(state->add_subcommand("list", "Every checkpoint, spool and verified destination"), line, true);
  add_state(state->add_subcommand("check", "Whether the state is sound"), line, true);

  CLI::App* const destination = add_destination(*app, line);

  app->add_subcommand("version", "The versions of the program and its libraries");
  auto* completion = app->add_subcommand("completion", "Prints a completion script for a shell");
  completion->add_option("shell", line.shell, "bash, zsh or fish")->type_name("SHELL")->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
  app->add_subcommand("man", "Prints the man page, for man -l -");
  app->add_subcommand("reference", "Prints the reference of stages and options, as Markdown");
  app->add_subcommand("lua-meta", "Prints definitions for the Lua language server");

  for (CLI::App* command : app->get_subcommands([](CLI::App*) { return true; })) add_log_options(command, line);
  for (CLI::App* group : {letters, destination, state})
    for (CLI::App* command : group->get_subcommands([](CLI::App*) { return true; })) add_log_options(command, line);
  return app;
}

namespace {

using AppView = const CLI::App*;

std::vector<AppView> commands_of(const CLI::App& app) { return app.get_subcommands([](const CLI::App*) { return true; }); }

std::vector<const CLI::Option*> options_of(const CLI::App& app) {
  std::vector<const CLI::Option*> out;
  for (const CLI::Option* option : app.get_options())
    if (option->get_positional() == false || !option->get_lnames().empty() || !option->get_snames().empty()) out.push_back(option);
  return out;
}

std::string option_names(const CLI::Option& option, const std::string& dash) {
  std::string out;
  const auto add = [&out](const std::string& text) { out += (out.empty() ? "" : ", ") + text; };
  for (const std::string& name : option.get_snames()) add(dash + name);
  for (const std::string& name : option.get_lnames()) add(dash + dash + name);
  return out;
}

std::string roff(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '-') out += '\\';
    out += c;
    if (c == '\\') out += '\\';
  }
  return out;
}

void man_command(std::string& out, const CLI::App& command, const std::string& path) {
  const std::string name = path + " " + command.get_name();
  const std::vector<AppView> children = commands_of(command);
  if (!children.empty()) {
    for (AppView child : children) man_command(out, *child, name);
    return;
  }
  std::string positionals;
  for (const CLI::Option* option : command.get_options())
    if (option->get_positional() && option->get_lnames().empty() && option->get_snames().empty()) positionals += " \\fI" + roff(option->get_type_name()) + "\\fR";
  out += ".SS \"" + roff(name.substr(1)) + positionals + "\"\n" + roff(command.get_description()) + ".\n";
  for (const CLI::Option* option : options_of(command)) {
    out += ".TP\n\\fB" + option_names(*option, "\\-") + "\\fR";
    if (option->get_items_expected_max() > 0 && !option->get_type_name().empty()) out += " \\fI" + roff(option->get_type_name()) + "\\fR";
    out += "\n" + roff(option->get_description()) + "\n";
  }
}

struct Word {
  std::string text;
  std::string about;
};

// What may follow `command`: its own commands and options.
std::vector<Word> words_of(const CLI::App& command) {
  std::vector<Word> out;
  for (AppView child : commands_of(command)) out.push_back({child->get_name(), child->get_description()});
  for (const CLI::Option* option : options_of(command)) {
    for (const std::string& name : option->get_lnames()) out.push_back({"--" + name, option->get_description()});
    for (const std::string& name : option->get_snames()) out.push_back({"-" + name, option->get_description()});
  }
  return out;
}

// As far as the arguments chose.
const CLI::App& chosen_command(const CLI::App& app) {
  const std::vector<CLI::App*> chosen = app.get_subcommands();
  return chosen.empty() ? app : chosen_command(*chosen.front());
}

// `penstock state list`
std::string path_of(const CLI::App& command) {
  return (command.get_parent() ? path_of(*command.get_parent()) + " " : "") + command.get_name();
}

bool is_option(const std::string& argument) { return argument.size() > 1 && argument.front() == '-' && argument != "--"; }

std::string unknown_option(const CLI::App& command, const std::string& argument) {
  const std::string name = argument.substr(0, argument.find('='));
  std::vector<std::string> names;
  for (Word& word : words_of(command))
    if (is_option(word.text)) names.push_back(std::move(word.text));
  const std::string text = "unknown option '" + name + "'";
  if (std::find(names.begin(), names.end(), name) != names.end()) return text + " before the command (hint: " + path_of(command) + " " + name + ")";
  const std::string nearest(nearest_name(name, names));
  return text + (nearest.empty() ? "" : " (hint: " + nearest + ")") + "; " + path_of(command) + " --help lists them";
}

std::string unknown_command(const CLI::App& group, const std::string& argument) {
  std::vector<std::string> names;
  for (AppView command : commands_of(group)) names.push_back(command->get_name());
  const std::string nearest(nearest_name(argument, names));
  return "unknown command '" + argument + "'" + (nearest.empty() ? "" : " (hint: " + nearest + ")") + "; " + path_of(group) + " --help lists them";
}

std::string joined(const std::vector<Word>& words) {
  std::string out;
  for (const Word& word : words) out += (out.empty() ? "" : " ") + word.text;
  return out;
}

std::string quoted(std::string text) {
  std::string out;
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return "'" + out + "'";
}

// Cases of a shell's `case`: the words typed so far, and what may follow.
void shell_cases(std::string& out, const CLI::App& app, const std::string& path, const std::string& before, const std::string& after) {
  for (AppView command : commands_of(app)) {
    const std::string name = path + command->get_name();
    shell_cases(out, *command, name + " ", before, after);
    out += "    \"" + name + "\"*) " + before + joined(words_of(*command)) + after + " ;;\n";
  }
}

std::string bash_completion(const CLI::App& app) {
  std::string out = "_penstock() {\n  local words=\"${COMP_WORDS[*]:1:COMP_CWORD-1}\" next\n  case \"$words\" in\n";
  shell_cases(out, app, "", "next=\"", "\"");
  out += "    *) next=\"" + joined(words_of(app)) + "\" ;;\n  esac\n";
  out += "  COMPREPLY=($(compgen -W \"$next\" -f -- \"${COMP_WORDS[COMP_CWORD]}\"))\n}\ncomplete -o filenames -F _penstock penstock\n";
  return out;
}

std::string zsh_completion(const CLI::App& app) {
  std::string out = "#compdef penstock\n_penstock() {\n  local line=\"${words[2,CURRENT-1]}\"\n  local -a next\n  case \"$line\" in\n";
  shell_cases(out, app, "", "next=(", ")");
  out += "    *) next=(" + joined(words_of(app)) + ") ;;\n  esac\n  compadd -- $next\n  _files\n}\n_penstock \"$@\"\n";
  return out;
}

void fish_lines(std::string& out, const CLI::App& app, const std::string& condition) {
  for (const Word& word : words_of(app)) {
    out += "complete -c penstock -n " + quoted(condition);
    if (word.text.starts_with("--"))
      out += " -l " + word.text.substr(2);
    else if (word.text.starts_with("-"))
      out += " -s " + word.text.substr(1);
    else
      out += " -a " + word.text;
    out += " -d " + quoted(word.about) + "\n";
  }
  for (AppView command : commands_of(app)) fish_lines(out, *command, "__fish_seen_subcommand_from " + command->get_name());
}

}  // namespace

std::string unknown_argument(const CLI::App& app) {
  const std::vector<std::string> unknown = app.remaining(true);
  const CLI::App& command = chosen_command(app);
  // What follows an unknown option may be its value, so options come first; but where there is no command yet, nothing else is known.
  const auto option = std::find_if(unknown.begin(), unknown.end(), is_option);
  const bool lacks_command = !commands_of(command).empty();
  if (option != unknown.end() && !(lacks_command && option != unknown.begin())) return unknown_option(command, *option);
  if (unknown.empty()) return {};
  if (lacks_command) return unknown_command(command, unknown.front());
  return "unexpected argument '" + unknown.front() + "'; " + path_of(command) + " --help says what it takes";
}

std::string man_page(const CLI::App& app) {
  std::string out = ".TH PENSTOCK 1 \"\" \"penstock " PENSTOCK_VERSION "\" \"User Commands\"\n.SH NAME\npenstock \\- runs log pipelines written as Lua scripts\n";
  out += ".SH SYNOPSIS\n.B penstock\n\\fICOMMAND\\fR [\\fIOPTION\\fR...]\n.SH DESCRIPTION\n" + roff(app.get_description());
  out += "\nA script declares sources, stages and sinks; events go to standard output only, everything else to standard error.\n.SH COMMANDS\n";
  for (AppView command : commands_of(app)) man_command(out, *command, "");
  out += ".SH SIGNALS\n.TP\n\\fBSIGTERM\\fR, \\fBSIGINT\\fR\nStop reading, deliver what was read, end. A second one stops at once.\n";
  out += ".TP\n\\fBSIGHUP\\fR\nReads the script again: pipelines that are declared as before are not touched, others are replaced, added or removed. ";
  out += "A script with a mistake changes nothing.\n";
  out += ".SH \"EXIT STATUS\"\n.TP\n0\nEvery event read was delivered, filtered or sampled out.\n.TP\n1\nSomething was dead\\-lettered, dropped or left undelivered.\n";
  out += ".TP\n2\nThe script or the command line is wrong; nothing ran.\n";
  out += ".SH FILES\n.TP\n\\fIDIR\\fR/state.db\nCheckpoints (of \\fB\\-\\-state\\fR \\fIDIR\\fR).\n.TP\n\\fIDIR\\fR/dead\\-letter/\\fIPIPELINE\\fR.ndjson\n";
  out += "Events that failed; without \\fB\\-\\-state\\fR below $XDG_STATE_HOME/penstock or ~/.local/state/penstock.\n";
  return out;
}

std::string completion(const CLI::App& app, const std::string& shell) {
  if (shell == "zsh") return zsh_completion(app);
  if (shell == "bash") return bash_completion(app);
  std::string out;
  for (const Word& word : words_of(app))
    out += "complete -c penstock -n __fish_use_subcommand " + std::string(word.text.starts_with("-") ? "-l " + word.text.substr(2) : "-a " + word.text) + " -d " + quoted(word.about) + "\n";
  for (AppView command : commands_of(app)) fish_lines(out, *command, "__fish_seen_subcommand_from " + command->get_name());
  return out;
}

}  // namespace penstock

// Preloaded into the program: Breakpad's own Linux client, which writes a minidump when the program crashes.
#include <cstdlib>

#include "client/linux/handler/exception_handler.h"

static google_breakpad::ExceptionHandler* handler;

static bool written(const google_breakpad::MinidumpDescriptor&, void*, bool succeeded) { return succeeded; }

__attribute__((constructor)) static void install() {
    if (const char* directory = getenv("BREAKPAD_DIR"))
        handler = new google_breakpad::ExceptionHandler(google_breakpad::MinidumpDescriptor(directory), nullptr, written,
                                                        nullptr, true, -1);
}
